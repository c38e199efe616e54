/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/credential_parts.h"

#include "base/escape.h"
#include "data/json.h"
#include "registry/secret.h"

enum {
    LOGIN_MAX = 16 * 1024 /* of Basic credentials; servers take far less of a header */
};

/* Tokens stand in a header as they are (A17); names and passwords travel in base64, where only what
 * a server may cut a line at is harmful (C3). A colon would move the border between the two. */
const char *credential_parts_fault(const struct credential_parts *parts)
{
    if (parts->password.length && parts->username.length == 0)
        return "a password without a username";
    if (parts->username.length + parts->password.length >= LOGIN_MAX)
        return "a username and password longer than 16 KiB";
    if (slice_find(parts->username, ':') >= 0)
        return "a colon in the username";
    if (escape_has_control_byte(parts->username) || escape_has_control_byte(parts->password))
        return "a control byte in the username or password";
    if (!escape_is_header_safe(parts->identity_token) ||
        !escape_is_header_safe(parts->registry_token) ||
        !escape_is_header_safe(parts->server_address))
        return "a token or serveraddress with a byte that cannot stand in a header";
    return NULL;
}

bool credential_parts_are_useful(const struct credential_parts *parts)
{
    return parts->username.length || parts->identity_token.length || parts->registry_token.length;
}

/* C3: "user:password", split at the first colon; some writers pad the password with NULs. */
static const char *split_auth(struct slice text, struct credential_parts *parts)
{
    ptrdiff_t colon = slice_find(text, ':');

    if (colon <= 0)
        return "an auth without a username and a colon";
    parts->username = slice_until(text, (size_t)colon);
    parts->password = slice_from(text, (size_t)colon + 1);
    while (parts->password.length && parts->password.data[parts->password.length - 1] == '\0')
        parts->password.length--;
    return NULL;
}

static bool decode(struct slice base64, struct buffer *out)
{
    return secret_reserve(out, base64.length) && escape_base64_decode(out, base64);
}

/* A member that is a string, or absent. */
static bool read_member(const struct json *object, const char *key, struct slice *out)
{
    const struct json *member = json_get(object, key);

    return json_kind(member) == JSON_ABSENT || json_string(member, out);
}

const char *credential_parts_read(const struct json *object, struct buffer *decoded,
                                  struct credential_parts *out)
{
    struct credential_parts parts = {0};
    struct slice auth = {0};

    if (!read_member(object, "username", &parts.username) ||
        !read_member(object, "password", &parts.password) || !read_member(object, "auth", &auth) ||
        !read_member(object, "identitytoken", &parts.identity_token) ||
        !read_member(object, "registrytoken", &parts.registry_token) ||
        !read_member(object, "serveraddress", &parts.server_address))
        return "a member that is not a string";
    if (auth.length && !decode(auth, decoded))
        return "an auth that is not base64";
    const char *fault = auth.length ? split_auth(buffer_slice(decoded), &parts) : NULL;
    if (!fault)
        fault = credential_parts_fault(&parts);
    if (!fault)
        *out = parts;
    return fault;
}

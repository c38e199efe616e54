/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own copies of secrets are cleansed. What json-c held while the header was read is not; it is
 * freed at once.
 */
#include "registry/credential.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "base/escape.h"
#include "data/json.h"
#include "manifest/manifest.h"
#include "registry/secret.h"

enum {
    HEADER_MAX = 16 * 1024, /* identity tokens of cloud registries take 4 KiB and more */
    KEY_SIZE = 32
};

/* Room for all that will come is made at once, since growing would leave copies behind. */
static bool decode_secret(struct buffer *out, struct slice base64)
{
    (void)buffer_append_slice(out, base64);
    buffer_clear(out);
    return escape_base64_decode(out, base64);
}

/* -- identity ------------------------------------------------------------------------------- */

/* Made once, before the first credential; read-only afterwards (A12). */
static unsigned char identity_key[KEY_SIZE];
static bool has_identity_key;
static pthread_once_t identity_once = PTHREAD_ONCE_INIT;

static void identity_key_make(void)
{
    has_identity_key = RAND_bytes(identity_key, sizeof(identity_key)) == 1;
}

/* The length goes before the text, so that no two credentials write the same bytes; absent is not
 * empty. */
static bool absorb(EVP_MAC_CTX *context, const char *text)
{
    uint64_t length = text ? strlen(text) : UINT64_MAX;

    return EVP_MAC_update(context, (const unsigned char *)&length, sizeof(length)) == 1 &&
           (!text || EVP_MAC_update(context, (const unsigned char *)text, length) == 1);
}

static bool compute_identity(EVP_MAC_CTX *context, const struct credential *credential,
                             unsigned char out[EVP_MAX_MD_SIZE])
{
    char algorithm[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", algorithm, 0),
                                     OSSL_PARAM_construct_end()};
    size_t length = 0;

    return EVP_MAC_init(context, identity_key, sizeof(identity_key), parameters) == 1 &&
           absorb(context, credential->username) && absorb(context, credential->password) &&
           absorb(context, credential->identity_token) &&
           absorb(context, credential->registry_token) &&
           EVP_MAC_final(context, out, &length, EVP_MAX_MD_SIZE) == 1;
}

static bool write_identity(struct credential *credential)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char mac[EVP_MAX_MD_SIZE] = {0};

    (void)pthread_once(&identity_once, identity_key_make);
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    bool done = has_identity_key && context && compute_identity(context, credential, mac);
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(hmac);
    for (size_t i = 0; done && i < CREDENTIAL_IDENTITY_SIZE - 1; i++)
        credential->identity[i] = hex[i % 2 ? mac[i / 2] & 15 : mac[i / 2] >> 4];
    return done;
}

void credential_identity(const struct credential *credential, char out[CREDENTIAL_IDENTITY_SIZE])
{
    memset(out, 0, CREDENTIAL_IDENTITY_SIZE);
    if (credential)
        memcpy(out, credential->identity, CREDENTIAL_IDENTITY_SIZE);
}

/* -- making --------------------------------------------------------------------------------- */

/* What a credential is made of; borrowed. A slice without data is absent. */
struct parts {
    struct slice username;
    struct slice password;
    struct slice identity_token;
    struct slice registry_token;
    struct slice server_address;
};

static bool has_control_byte(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < ' ' || byte == 0x7f)
            return true;
    }
    return false;
}

/* Tokens stand in a header as they are (A17); names and passwords travel in base64, where only what
 * a server may cut a line at is harmful (C3). A colon would move the border between the two. */
static const char *find_fault(const struct parts *parts)
{
    if (parts->password.length && parts->username.length == 0)
        return "a password without a username";
    if (slice_find(parts->username, ':') >= 0)
        return "a colon in the username";
    if (has_control_byte(parts->username) || has_control_byte(parts->password))
        return "a control byte in the username or password";
    if (!escape_is_header_safe(parts->identity_token) ||
        !escape_is_header_safe(parts->registry_token) ||
        !escape_is_header_safe(parts->server_address))
        return "a token or serveraddress with a byte that cannot stand in a header";
    return NULL;
}

static bool copy_into(char **slot, struct slice text, bool is_wanted)
{
    if (!is_wanted)
        return true;
    *slot = slice_copy(text);
    return *slot;
}

static struct credential *credential_make(const struct parts *parts)
{
    struct credential *credential = calloc(1, sizeof(*credential));

    if (!credential)
        return NULL;
    if (!copy_into(&credential->username, parts->username, parts->username.length) ||
        !copy_into(&credential->password, parts->password, parts->username.length) ||
        !copy_into(&credential->identity_token, parts->identity_token,
                   parts->identity_token.length) ||
        !copy_into(&credential->registry_token, parts->registry_token,
                   parts->registry_token.length) ||
        !copy_into(&credential->server_address, parts->server_address,
                   parts->server_address.length) ||
        !write_identity(credential))
        goto fail;
    return credential;
fail:
    credential_free(credential);
    return NULL;
}

struct credential *credential_new(struct slice username, struct slice password)
{
    const struct parts parts = {.username = username, .password = password};

    return find_fault(&parts) ? NULL : credential_make(&parts);
}

void credential_free(struct credential *credential)
{
    if (!credential)
        return;
    secret_free(credential->username);
    secret_free(credential->password);
    secret_free(credential->identity_token);
    secret_free(credential->registry_token);
    secret_free(credential->server_address);
    OPENSSL_cleanse(credential, sizeof(*credential));
    free(credential);
}

/* -- X-Registry-Auth ------------------------------------------------------------------------ */

/* C3: "user:password", split at the first colon; some writers pad the password with NULs. */
static const char *split_auth(struct slice text, struct parts *parts)
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

/* A member that is a string, or absent. */
static bool read_member(const struct json *object, const char *key, struct slice *out)
{
    const struct json *member = json_get(object, key);

    return json_kind(member) == JSON_ABSENT || json_string(member, out);
}

/* `auth` wins over username and password (C3); `decoded` holds what it says. */
static const char *read_parts(const struct json *object, struct buffer *decoded,
                              struct parts *parts)
{
    struct slice auth = {0};

    if (!read_member(object, "username", &parts->username) ||
        !read_member(object, "password", &parts->password) || !read_member(object, "auth", &auth) ||
        !read_member(object, "identitytoken", &parts->identity_token) ||
        !read_member(object, "registrytoken", &parts->registry_token) ||
        !read_member(object, "serveraddress", &parts->server_address))
        return "a member that is not a string";
    if (auth.length && !decode_secret(decoded, auth))
        return "an auth that is not base64";
    const char *fault = auth.length ? split_auth(buffer_slice(decoded), parts) : NULL;
    return fault ? fault : find_fault(parts);
}

/* NULL and ERROR_NONE where nothing in it could log anyone in, as `{}` from docker does. */
static struct credential *credential_from_json(const struct json *object, struct error *error)
{
    CLEANUP(secret_release) struct buffer decoded = BUFFER_INIT(HEADER_MAX);
    struct parts parts = {0};

    const char *fault = read_parts(object, &decoded, &parts);
    if (fault) {
        (void)error_set(error, ERROR_INVALID, "X-Registry-Auth holds %s", fault);
        return NULL;
    }
    if (!parts.username.length && !parts.identity_token.length && !parts.registry_token.length) {
        error->code = ERROR_NONE;
        return NULL;
    }
    struct credential *credential = credential_make(&parts);
    if (!credential)
        (void)error_no_memory(error);
    return credential;
}

struct credential *credential_parse(struct slice header, struct error *error)
{
    CLEANUP(secret_release) struct buffer text = BUFFER_INIT(HEADER_MAX);
    CLEANUP(json_free_p) struct json *object = NULL;

    header = slice_trim(header);
    if (header.length == 0) {
        error->code = ERROR_NONE;
        return NULL;
    }
    if (header.length > HEADER_MAX) {
        (void)error_set(error, ERROR_INVALID, "X-Registry-Auth is longer than 16 KiB");
        return NULL;
    }
    if (decode_secret(&text, header))
        object = json_parse(buffer_slice(&text), error);
    if (json_kind(object) != JSON_OBJECT) {
        /* What the parser says may hold a piece of the secret. */
        (void)error_set(error, ERROR_INVALID, "X-Registry-Auth is not the base64 of a JSON object");
        return NULL;
    }
    return credential_from_json(object, error);
}

/* -- using ---------------------------------------------------------------------------------- */

bool credential_write_basic(const struct credential *credential, struct buffer *out)
{
    CLEANUP(secret_release) struct buffer pair = BUFFER_INIT(HEADER_MAX);

    if (!credential->username)
        return false;
    return buffer_format(&pair, "%s:%s", credential->username, credential->password) &&
           buffer_append_string(out, "Basic ") && escape_base64_encode(out, buffer_slice(&pair));
}

static struct slice without_scheme(struct slice address)
{
    if (slice_starts_with(address, SLICE("https://")))
        return slice_from(address, sizeof("https://") - 1);
    if (slice_starts_with(address, SLICE("http://")))
        return slice_from(address, sizeof("http://") - 1);
    return address;
}

/* C5: "https://host/v1/" and "host/v2" are the host; another path is another thing. */
static bool address_host(struct slice address, struct slice *out)
{
    struct slice rest = without_scheme(address);
    ptrdiff_t slash = slice_find(rest, '/');

    *out = slash < 0 ? rest : slice_until(rest, (size_t)slash);
    struct slice path = slice_from(rest, out->length);
    if (slice_ends_with(path, SLICE("/")))
        path.length--;
    return path.length == 0 || slice_equal_string(path, "/v1") || slice_equal_string(path, "/v2");
}

/* Whole hosts are compared, never parts of them (C7, S23). */
bool credential_is_for(const struct credential *credential, const char *registry)
{
    struct slice wanted = slice_from_string(registry);
    struct slice host;

    if (!credential->server_address)
        return true;
    if (!address_host(slice_from_string(credential->server_address), &host))
        return false;
    if (slice_equal_ignoring_case(host, wanted))
        return true;
    return reference_is_docker_hub(host) && reference_is_docker_hub(wanted);
}

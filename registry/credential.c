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
#include "registry/credential_key.h"
#include "registry/credential_parts.h"
#include "registry/secret.h"

enum {
    HEADER_MAX = 16 * 1024, /* identity tokens of cloud registries take 4 KiB and more */
    KEY_SIZE = 32
};

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

static bool copy_into(char **slot, struct slice text, bool is_wanted)
{
    if (!is_wanted)
        return true;
    *slot = slice_copy(text);
    return *slot;
}

struct credential *credential_make(const struct credential_parts *parts)
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
    const struct credential_parts parts = {.username = username, .password = password};

    return credential_parts_fault(&parts) ? NULL : credential_make(&parts);
}

struct credential *credential_copy(const struct credential *credential)
{
    const struct credential_parts parts = {
        .username = slice_from_string(credential->username),
        .password = slice_from_string(credential->password),
        .identity_token = slice_from_string(credential->identity_token),
        .registry_token = slice_from_string(credential->registry_token),
        .server_address = slice_from_string(credential->server_address),
    };

    return credential_make(&parts);
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

/* NULL and ERROR_NONE where nothing in it could log anyone in, as `{}` from docker does. */
static struct credential *credential_from_json(const struct json *object, struct error *error)
{
    CLEANUP(secret_release) struct buffer decoded = BUFFER_INIT(HEADER_MAX);
    struct credential_parts parts = {0};

    const char *fault = credential_parts_read(object, &decoded, &parts);
    if (fault) {
        (void)error_set(error, ERROR_INVALID, "X-Registry-Auth holds %s", fault);
        return NULL;
    }
    if (!credential_parts_are_useful(&parts)) {
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
    if (secret_reserve(&text, header.length) && escape_base64_decode(&text, header))
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

/* Whole hosts are compared, never parts of them (C7, S23). */
bool credential_is_for(const struct credential *credential, const char *registry)
{
    struct credential_key key = credential_key_parse(slice_from_string(credential->server_address));

    return !credential->server_address ||
           (key.path.length == 0 &&
            credential_key_same_host(key.host, slice_from_string(registry)));
}

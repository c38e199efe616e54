/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/client_certificate.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/buffer.h"
#include "base/escape.h"
#include "base/file.h"
#include "registry/secret.h"

enum {
    PEM_MAX = 64 * 1024
};

struct client_certificate {
    struct client_certificate *next;
    char *certificate_file;
    char *key_file;
    struct buffer certificate;
    struct buffer key;
};

struct client_certificates {
    pthread_mutex_t lock;
    struct client_certificate *first; /* guarded by lock; entries are immutable and stay */
};

struct client_certificates *client_certificates_new(void)
{
    struct client_certificates *certificates = calloc(1, sizeof(*certificates));

    if (certificates)
        (void)pthread_mutex_init(&certificates->lock, NULL);
    return certificates;
}

static void certificate_free(struct client_certificate *certificate)
{
    if (!certificate)
        return;
    buffer_release(&certificate->certificate);
    secret_release(&certificate->key);
    free(certificate->certificate_file);
    free(certificate->key_file);
    free(certificate);
}

void client_certificates_free(struct client_certificates *certificates)
{
    if (!certificates)
        return;
    while (certificates->first) {
        struct client_certificate *certificate = certificates->first;
        certificates->first = certificate->next;
        certificate_free(certificate);
    }
    (void)pthread_mutex_destroy(&certificates->lock);
    free(certificates);
}

/* -- reading -------------------------------------------------------------------------------- */

static bool refuse(const char *path, const char *why, struct error *error)
{
    return error_set(error, ERROR_UPSTREAM, "%s: %s", ESCAPED(slice_from_string(path)), why);
}

/* The whole ceiling is reserved first, so that no growth leaves a piece of a key behind. */
static bool read_file(const char *path, struct buffer *out, struct error *error)
{
    buffer_init(out, PEM_MAX);
    if (!secret_reserve(out, PEM_MAX))
        return error_no_memory(error);
    if (file_check(path, error) && file_read(path, out, error))
        return true;
    if (error->code == ERROR_INVALID) /* the settings were fine when they were read */
        error->code = ERROR_UPSTREAM;
    return false;
}

/* Else OpenSSL would ask whoever sits at the terminal. */
/* NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL's pem_password_cb */
static int no_passphrase(char *out, int size, int is_writing, void *context)
{
    (void)out;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

static BIO *bio_of(const struct buffer *bytes)
{
    return BIO_new_mem_buf(bytes->data, (int)bytes->length);
}

static const char *find_fault(X509 *certificate, EVP_PKEY *key)
{
    if (!certificate)
        return "there is no certificate in it";
    if (!key)
        return "there is no private key in it, or it is encrypted";
    return X509_check_private_key(certificate, key) == 1 ? NULL
                                                         : "the key is another certificate's";
}

static bool check(const struct client_certificate *pair, struct error *error)
{
    BIO *certificate_text = bio_of(&pair->certificate);
    BIO *key_text = bio_of(&pair->key);
    X509 *certificate = NULL;
    EVP_PKEY *key = NULL;

    if (certificate_text && key_text) {
        certificate = PEM_read_bio_X509(certificate_text, NULL, no_passphrase, NULL);
        key = PEM_read_bio_PrivateKey(key_text, NULL, no_passphrase, NULL);
    }
    const char *fault = find_fault(certificate, key);
    ERR_clear_error();
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(certificate_text);
    BIO_free(key_text);
    return !fault || refuse(certificate ? pair->key_file : pair->certificate_file, fault, error);
}

static struct client_certificate *certificate_new(const char *certificate_file,
                                                  const char *key_file, struct error *error)
{
    struct client_certificate *certificate = calloc(1, sizeof(*certificate));

    if (!certificate)
        goto no_memory;
    certificate->certificate_file = strdup(certificate_file);
    certificate->key_file = strdup(key_file);
    if (!certificate->certificate_file || !certificate->key_file)
        goto no_memory;
    if (read_file(certificate_file, &certificate->certificate, error) &&
        read_file(key_file, &certificate->key, error) && check(certificate, error))
        return certificate;
    certificate_free(certificate);
    return NULL;

no_memory:
    error_no_memory(error);
    certificate_free(certificate);
    return NULL;
}

const struct client_certificate *client_certificate_find(struct client_certificates *certificates,
                                                         const char *certificate_file,
                                                         const char *key_file, struct error *error)
{
    pthread_mutex_lock(&certificates->lock);
    struct client_certificate *found = certificates->first;
    while (found && (strcmp(found->certificate_file, certificate_file) != 0 ||
                     strcmp(found->key_file, key_file) != 0))
        found = found->next;
    if (!found) {
        found = certificate_new(certificate_file, key_file, error);
        if (found) {
            found->next = certificates->first;
            certificates->first = found;
        }
    }
    pthread_mutex_unlock(&certificates->lock);
    return found;
}

/* -- using ---------------------------------------------------------------------------------- */

static void set_blob(CURL *handle, CURLoption option, const struct buffer *bytes)
{
    struct curl_blob blob = {.data = bytes->data, .len = bytes->length, .flags = CURL_BLOB_NOCOPY};

    curl_easy_setopt(handle, option, &blob);
}

void client_certificate_apply(const struct client_certificate *certificate, void *handle)
{
    set_blob(handle, CURLOPT_SSLCERT_BLOB, &certificate->certificate);
    set_blob(handle, CURLOPT_SSLKEY_BLOB, &certificate->key);
}

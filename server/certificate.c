/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd (GnuTLS) serves what is read here, but says nothing of what it dislikes. OpenSSL,
 * which is linked for other reasons, judges it first.
 */
#include "server/certificate.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/buffer.h"
#include "base/escape.h"
#include "server/secret_file.h"

enum {
    FILE_SIZE_MAX = 256 * 1024
};

static void bio_release(BIO **slot)
{
    BIO_free_all(*slot);
}

static void x509_release(X509 **slot)
{
    X509_free(*slot);
}

static void key_release(EVP_PKEY **slot)
{
    EVP_PKEY_free(*slot);
}

static bool refuse(const char *path, const char *reason, struct error *error)
{
    return error_set(error, ERROR_INVALID, "%s: %s", ESCAPED(slice_from_string(path)), reason);
}

/* -- reading -------------------------------------------------------------------------------- */

/* The file as a string for the caller to free. */
static char *read_text(const char *path, struct error *error)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(FILE_SIZE_MAX);
    bool is_open_to_others;

    if (!secret_file_read(path, &text, &is_open_to_others, error))
        return NULL;
    (void)buffer_append_char(&text, '\n'); /* never empty */
    if (!buffer_check(&text, path, error))
        return NULL;
    return buffer_take(&text);
}

static void free_secret(char *text)
{
    if (text)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

/* -- judging -------------------------------------------------------------------------------- */

/* Nobody is there to be asked for a passphrase. */
/* NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL's type */
static int no_passphrase(char *out, int size, int for_writing, void *context)
{
    (void)out;
    (void)size;
    (void)for_writing;
    (void)context;
    return -1;
}

static bool judge(const struct certificate *certificate, const char *chain_path,
                  const char *key_path, struct error *error)
{
    CLEANUP(bio_release) BIO *chain_text = BIO_new_mem_buf(certificate->chain, -1);
    CLEANUP(bio_release) BIO *key_text = BIO_new_mem_buf(certificate->key, -1);
    if (!chain_text || !key_text)
        return error_no_memory(error);
    CLEANUP(x509_release)
    X509 *first = PEM_read_bio_X509(chain_text, NULL, no_passphrase, NULL);
    CLEANUP(key_release)
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_text, NULL, no_passphrase, NULL);

    if (!first)
        return refuse(chain_path, "there is no certificate in it (PEM is wanted)", error);
    if (!key)
        return refuse(key_path, "there is no key in it (PEM without a passphrase is wanted)",
                      error);
    if (X509_check_private_key(first, key) != 1)
        return refuse(key_path, "it is not the key of the certificate", error);
    if (X509_cmp_current_time(X509_get0_notBefore(first)) > 0)
        return refuse(chain_path, "the certificate is not in force yet", error);
    return X509_cmp_current_time(X509_get0_notAfter(first)) > 0 ||
           refuse(chain_path, "the certificate has expired", error);
}

/* -- its life ------------------------------------------------------------------------------- */

struct certificate *certificate_read(const char *chain_path, const char *key_path,
                                     struct error *error)
{
    struct certificate *certificate = calloc(1, sizeof(*certificate));
    if (!certificate) {
        (void)error_no_memory(error);
        return NULL;
    }
    atomic_init(&certificate->references, 1);
    certificate->chain = read_text(chain_path, error);
    if (!certificate->chain)
        goto fail;
    certificate->key = read_text(key_path, error);
    if (!certificate->key || !judge(certificate, chain_path, key_path, error))
        goto fail;
    return certificate;
fail:
    ERR_clear_error();
    certificate_unref(certificate);
    return NULL;
}

struct certificate *certificate_ref(struct certificate *certificate)
{
    if (certificate)
        (void)atomic_fetch_add_explicit(&certificate->references, 1, memory_order_relaxed);
    return certificate;
}

void certificate_unref(struct certificate *certificate)
{
    if (!certificate ||
        atomic_fetch_sub_explicit(&certificate->references, 1, memory_order_acq_rel) > 1)
        return;
    free(certificate->chain);
    free_secret(certificate->key);
    free(certificate);
}

bool certificate_is_same(const struct certificate *a, const struct certificate *b)
{
    if (!a || !b)
        return a == b;
    return strcmp(a->chain, b->chain) == 0 && strcmp(a->key, b->key) == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/trust.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "base/escape.h"
#include "base/file.h"
#include "config/config.h"

struct trust_store {
    struct trust_store *next;
    const struct config_host *host; /* the first that wanted it; NULL: just the system's */
    X509_STORE *certificates;
};

struct trust {
    pthread_mutex_t lock;
    struct trust_store *stores; /* guarded by lock; entries are immutable and never removed */
};

struct trust *trust_new(void)
{
    struct trust *trust = calloc(1, sizeof(*trust));
    if (trust)
        (void)pthread_mutex_init(&trust->lock, NULL);
    return trust;
}

static void store_free(struct trust_store *store)
{
    if (!store)
        return;
    X509_STORE_free(store->certificates);
    free(store);
}

void trust_free(struct trust *trust)
{
    if (!trust)
        return;
    while (trust->stores) {
        struct trust_store *store = trust->stores;
        trust->stores = store->next;
        store_free(store);
    }
    (void)pthread_mutex_destroy(&trust->lock);
    free(trust);
}

/* The bundle Debian's ca-certificates makes: read whole here rather than certificate by certificate
 * on the transfer thread. Where it is not, or the environment names another (SSL_CERT_FILE,
 * SSL_CERT_DIR), OpenSSL's own defaults. */
static int load_system(X509_STORE *certificates)
{
    static const char bundle[] = "/etc/ssl/certs/ca-certificates.crt";
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment */
    bool is_overridden = getenv("SSL_CERT_FILE") || getenv("SSL_CERT_DIR");

    if (!is_overridden && X509_STORE_load_file(certificates, bundle) == 1)
        return 1;
    return X509_STORE_set_default_paths(certificates);
}

static bool refuse(const char *ca_file, struct error *error)
{
    return error_set(error, ERROR_UPSTREAM, "cannot read the certificates in '%s'",
                     ca_file ? ESCAPED(slice_from_string(ca_file)) : "the system's store");
}

static const char *ca_file_of(const struct config_host *host)
{
    return host ? host->ca_file : NULL;
}

/* The settings were fine when they were read; but OpenSSL would wait for a FIFO's writer. */
static bool load_file(X509_STORE *certificates, const char *path, struct error *error)
{
    struct error ignored;

    return (file_check(path, &ignored) && X509_STORE_load_file(certificates, path) == 1) ||
           refuse(path, error);
}

static bool load_all(X509_STORE *certificates, const struct config_host *host, struct error *error)
{
    const char *ca_file = ca_file_of(host);

    if (!ca_file && load_system(certificates) != 1)
        return refuse(NULL, error);
    if (ca_file && !load_file(certificates, ca_file, error))
        return false;
    for (size_t i = 0; host && i < host->extra_ca_files.count; i++) {
        if (!load_file(certificates, host->extra_ca_files.items[i], error))
            return false;
    }
    return true;
}

static struct trust_store *store_new(const struct config_host *host, struct error *error)
{
    struct trust_store *store = calloc(1, sizeof(*store));

    if (store)
        *store = (struct trust_store){.host = host, .certificates = X509_STORE_new()};
    if (!store || !store->certificates)
        error_no_memory(error);
    else if (load_all(store->certificates, host, error))
        return store;
    ERR_clear_error();
    store_free(store);
    return NULL;
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether the same files make up what both trust. */
static bool is_same_trust(const struct config_host *a, const struct config_host *b)
{
    size_t count = a ? a->extra_ca_files.count : 0;

    if (!is_same_text(ca_file_of(a), ca_file_of(b)) || count != (b ? b->extra_ca_files.count : 0))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(a->extra_ca_files.items[i], b->extra_ca_files.items[i]) != 0)
            return false;
    }
    return true;
}

const struct trust_store *trust_find(struct trust *trust, const struct config_host *host,
                                     struct error *error)
{
    /* Loading takes some 10 ms and happens once a set of files, so those who need it may wait. */
    pthread_mutex_lock(&trust->lock);
    struct trust_store *store = trust->stores;
    while (store && !is_same_trust(store->host, host))
        store = store->next;
    if (!store) {
        store = store_new(host, error);
        if (store) {
            store->next = trust->stores;
            trust->stores = store;
        }
    }
    pthread_mutex_unlock(&trust->lock);
    return store;
}

void trust_apply(const struct trust_store *store, void *ssl_context)
{
    SSL_CTX_set1_cert_store(ssl_context, store->certificates);
}

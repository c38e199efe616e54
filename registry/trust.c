/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/trust.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "base/escape.h"

struct trust_store {
    struct trust_store *next;
    char *ca_file; /* NULL: the system's */
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
    free(store->ca_file);
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

static struct trust_store *store_new(const char *ca_file, struct error *error)
{
    struct trust_store *store = calloc(1, sizeof(*store));
    if (!store)
        goto no_memory;
    store->certificates = X509_STORE_new();
    store->ca_file = ca_file ? strdup(ca_file) : NULL;
    if (!store->certificates || (ca_file && !store->ca_file))
        goto no_memory;

    int loaded = ca_file ? X509_STORE_load_file(store->certificates, ca_file)
                         : load_system(store->certificates);
    if (loaded == 1)
        return store;
    error_set(error, ERROR_UPSTREAM, "cannot read the certificates in '%s'",
              ca_file ? ESCAPED(slice_from_string(ca_file)) : "the system's store");
    store_free(store);
    return NULL;

no_memory:
    error_no_memory(error);
    store_free(store);
    return NULL;
}

static bool is_same_file(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

const struct trust_store *trust_find(struct trust *trust, const char *ca_file, struct error *error)
{
    /* Loading takes some 10 ms and happens once a file, so those who need it may wait for it. */
    pthread_mutex_lock(&trust->lock);
    struct trust_store *store = trust->stores;
    while (store && !is_same_file(store->ca_file, ca_file))
        store = store->next;
    if (!store) {
        store = store_new(ca_file, error);
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all operations share: one struct registry for the process.
 */
#ifndef REGISTRY_CORE_H
#define REGISTRY_CORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "registry/registry.h"

struct client_certificates;
struct credential_store;
struct gates;
struct hosts;
struct proxies;
struct slots;
struct tokens;
struct transfer_engine;
struct trust;

struct registry {
    const struct config_registry *settings;
    struct transfer_engine *engine;
    /* Pushes have one of their own, so that gigabytes never sit between a query and its answer. */
    struct transfer_engine *push_engine;
    struct slots *streams; /* one for each blob that is being copied */
    struct credential_store *credentials;
    struct trust *trust;
    struct client_certificates *certificates;
    struct proxies *proxies;
    struct gates *gates;
    struct hosts *hosts;
    struct tokens *tokens;

    void (*warn)(void *context, const char *text); /* NULL: nobody listens */
    void *warn_context;
    void (*watch)(void *context, const struct registry_event *event); /* the same */
    void *watch_context;

    /* A document takes many times its size while it is read: no more at once than there are cores.
     */
    pthread_mutex_t reading_lock;
    pthread_cond_t reading_done;
    unsigned reading;     /* guarded by reading_lock */
    unsigned reading_max; /* set once */
};

/* Brackets the reading of one document. Waits for other readers, which do no I/O, until `deadline`
 * (clock_monotonic_ms) at most. Errors: timeout. */
bool registry_reading_begin(struct registry *registry, int64_t deadline,
                            struct error *error) MUST_USE;
void registry_reading_end(struct registry *registry);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lookup with a door before it and a canned registry behind it: who asks, and what they are told.
 */
#ifndef TESTS_SERVER_LOOKUP_HOUSE_H
#define TESTS_SERVER_LOOKUP_HOUSE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/escape.h"
#include "server/lookup.h"
#include "server/request.h"
#include "server/response.h"
#include "server/snapshot.h"
#include "tests/support/canned_registry.h"

enum {
    HOUR = 3600 * 1000,
    CACHE_MEMORY = 1024 * 1024,
    TRANSFER_MEMORY = 16 * 1024 * 1024,
    PATIENCE_MS = 20000,
    QUERY_MAX = 4096
};

/* -- a door --------------------------------------------------------------------------------- */

static pthread_mutex_t door_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t door_changed = PTHREAD_COND_INITIALIZER;

/* One who asks: a request, the headers it came with, and in the end the answer. */
struct asker {
    struct request request;
    char query[QUERY_MAX];
    const char *accept;
    const char *cache_control;
    const char *auth;
    size_t auth_count;
    struct response *response; /* guarded by door_mutex */
};

static inline struct asker *asker_of(struct request *request)
{
    return (struct asker *)(void *)request;
}

static inline struct slice asker_header(const struct request *request, const char *name,
                                        size_t *count)
{
    const struct asker *asker = (const struct asker *)(const void *)request;
    bool is_auth = strcmp(name, "x-registry-auth") == 0;
    const char *value = is_auth                              ? asker->auth
                        : strcmp(name, "accept") == 0        ? asker->accept
                        : strcmp(name, "cache-control") == 0 ? asker->cache_control
                                                             : NULL;
    if (count)
        *count = is_auth ? asker->auth_count : (value != NULL);
    return slice_from_string(value);
}

static inline void asker_respond(struct request *request, struct response *response)
{
    (void)pthread_mutex_lock(&door_mutex);
    asker_of(request)->response = response;
    (void)pthread_cond_broadcast(&door_changed);
    (void)pthread_mutex_unlock(&door_mutex);
}

static const struct request_door door = {.header = asker_header, .respond = asker_respond};

static inline void asker_release(struct asker *asker)
{
    response_unref(asker->response);
    asker->response = NULL;
}

static inline bool asker_is_answered(struct asker *asker)
{
    (void)pthread_mutex_lock(&door_mutex);
    bool is_answered = asker->response != NULL;
    (void)pthread_mutex_unlock(&door_mutex);
    return is_answered;
}

static inline void asker_wait(struct asker *asker)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    int status = 0;
    (void)pthread_mutex_lock(&door_mutex);
    while (!asker->response && status == 0)
        status = pthread_cond_timedwait(&door_changed, &door_mutex, &until);
    (void)pthread_mutex_unlock(&door_mutex);
    assert_non_null(asker->response);
}

static inline const char *asker_told(const struct asker *asker, const char *header)
{
    for (size_t i = 0; i < asker->response->header_count; i++) {
        if (strcmp(asker->response->headers[i].name, header) == 0)
            return asker->response->headers[i].value;
    }
    return "";
}

/* -- a house -------------------------------------------------------------------------------- */

struct house {
    struct canned_registry upstream;
    struct config_host host;
    struct config config;
    struct snapshots *snapshots;
    struct lookup *lookup;
};

static struct house house;

/* Settings a test changes before open_house(). */
static inline void furnish(unsigned status)
{
    static char any[] = "*";
    static char none[] = "none";
    static char *allow[] = {any};
    static char denied[] = "denied.test";
    static char *deny[] = {denied};

    house = (struct house){0};
    assert_true(canned_registry_start(&house.upstream, status));
    house.host = (struct config_host){.name = house.upstream.name, .plain_http = true};
    house.config = (struct config){.cache = {.fresh = HOUR,
                                             .stale_while_revalidate = HOUR,
                                             .stale_if_error = HOUR,
                                             .negative = HOUR,
                                             .memory = CACHE_MEMORY},
                                   .registry = {.timeout = PATIENCE_MS,
                                                .memory = TRANSFER_MEMORY,
                                                .workers_max = 4,
                                                .queue_max = 100,
                                                .allow = {allow, 1},
                                                .deny = {deny, 1},
                                                .credentials = none,
                                                .hosts = &house.host,
                                                .host_count = 1},
                                   .log = {.access = ACCESS_LOG_ALL},
                                   .references = 1};
}

static inline void open_house(void)
{
    struct error error;
    house.snapshots = snapshots_new(snapshot_new(&house.config, &error));
    assert_non_null(house.snapshots);
    house.lookup = lookup_new(&house.config, &error);
    assert_non_null(house.lookup);
}

static inline void close_house(void)
{
    lookup_drain(house.lookup, clock_monotonic_ms());
    snapshots_cancel(house.snapshots);
    lookup_free(house.lookup);
    snapshots_free(house.snapshots);
    canned_registry_stop(&house.upstream);
}

/* Sends "image=UPSTREAM/name" and what `more` says; does not wait. */
static inline void send_question(struct asker *asker, const char *query)
{
    asker->request = (struct request){.door = &door,
                                      .method = METHOD_GET,
                                      .query = slice_from_string(query),
                                      .is_confidential = true,
                                      .snapshot = snapshots_take(house.snapshots),
                                      .started = clock_monotonic_ms()};
    lookup_answer(house.lookup, &asker->request);
}

static inline void send_image(struct asker *asker, const char *name, const char *more)
{
    int length = snprintf(asker->query, sizeof(asker->query), "image=%s/%s%s", house.upstream.name,
                          name, more);
    assert_in_range(length, 1, sizeof(asker->query) - 1);
    send_question(asker, asker->query);
}

static inline void ask(struct asker *asker, const char *name, const char *more)
{
    send_image(asker, name, more);
    asker_wait(asker);
}

static inline unsigned gets_so_far(void)
{
    return canned_registry_count(&house.upstream, &house.upstream.gets);
}

static inline unsigned heads_so_far(void)
{
    return canned_registry_count(&house.upstream, &house.upstream.heads);
}

static inline void assert_code(const struct asker *asker, unsigned status, const char *code)
{
    char member[64];
    (void)snprintf(member, sizeof(member), "\"code\":\"%s\"", code);
    assert_int_equal(asker->response->status, status);
    if (!strstr(asker->response->body, member))
        fail_msg("no %s in %s", member, asker->response->body);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/rate_limits.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "server/client.h"
#include "server/response.h"

enum {
    FIELD_MAX = 64
};

struct limited {
    struct map_node node;
    struct list place;
    int64_t began; /* its minute */
    uint32_t taken;
    size_t key_length;
    char key[CLIENT_KEY_SIZE];
};

struct rate_limits {
    size_t clients_max;
    pthread_mutex_t mutex; /* guards what follows */
    struct map clients;
    struct list by_start; /* the latest first */
};

static struct slice limited_key(const struct map_node *node)
{
    const struct limited *limited = MAP_ITEM_CONST(node, struct limited, node);
    return slice_of(limited->key, limited->key_length);
}

struct rate_limits *rate_limits_new(size_t clients_max)
{
    struct rate_limits *limits = calloc(1, sizeof(*limits));
    if (!limits)
        return NULL;
    limits->clients_max = clients_max;
    (void)pthread_mutex_init(&limits->mutex, NULL);
    map_init(&limits->clients, limited_key);
    list_init(&limits->by_start);
    return limits;
}

/* -- the table (the mutex is held) ---------------------------------------------------------- */

static void forget_first(struct rate_limits *limits)
{
    struct list *place = list_take_last(&limits->by_start);
    if (!place)
        return;
    struct limited *limited = LIST_ITEM(place, struct limited, place);

    map_remove(&limits->clients, &limited->node);
    free(limited);
}

static bool is_over(const struct limited *limited, int64_t now)
{
    return now - limited->began >= RATE_LIMITS_WINDOW_MS;
}

static void forget_those_over(struct rate_limits *limits, int64_t now)
{
    while (!list_is_empty(&limits->by_start) &&
           is_over(LIST_ITEM(limits->by_start.previous, struct limited, place), now))
        forget_first(limits);
}

static struct limited *find(const struct rate_limits *limits, const struct client *client)
{
    char key[CLIENT_KEY_SIZE];
    struct map_node *node = map_find(&limits->clients, client_key(client, key));

    return node ? MAP_ITEM(node, struct limited, node) : NULL;
}

static struct limited *add(struct rate_limits *limits, const struct client *client, int64_t now)
{
    if (limits->clients.count >= limits->clients_max)
        forget_first(limits);
    struct limited *limited = calloc(1, sizeof(*limited));
    if (!limited)
        return NULL;
    limited->key_length = client_key(client, limited->key).length;
    limited->began = now;
    list_init(&limited->place);
    if (!map_insert(&limits->clients, &limited->node)) {
        free(limited);
        return NULL;
    }
    list_put_first(&limits->by_start, &limited->place);
    return limited;
}

/* The limit may have been a higher one when they were taken. */
static uint32_t left_of(const struct limited *limited, uint32_t limit)
{
    return limited->taken < limit ? limit - limited->taken : 0;
}

/* `limited` NULL: nothing has been taken. */
static struct allowance allowance_of(const struct limited *limited, uint32_t limit, int64_t now)
{
    int64_t began = limited ? limited->began : now;

    return (struct allowance){.limit = limit,
                              .left = limited ? left_of(limited, limit) : limit,
                              .resets = clock_seconds_up(began + RATE_LIMITS_WINDOW_MS - now)};
}

/* -- what others ask ------------------------------------------------------------------------ */

void rate_limits_free(struct rate_limits *limits)
{
    if (!limits)
        return;
    while (!list_is_empty(&limits->by_start))
        forget_first(limits);
    map_release(&limits->clients);
    (void)pthread_mutex_destroy(&limits->mutex);
    free(limits);
}

bool rate_limits_take(struct rate_limits *limits, const struct client *client, uint32_t questions,
                      uint32_t limit, int64_t now, struct allowance *out)
{
    (void)pthread_mutex_lock(&limits->mutex);
    forget_those_over(limits, now);
    struct limited *limited = find(limits, client);
    if (!limited)
        limited = add(limits, client, now);
    bool is_taken = !limited || questions <= left_of(limited, limit);
    if (limited && is_taken)
        limited->taken += questions;
    *out = allowance_of(limited, limit, now);
    (void)pthread_mutex_unlock(&limits->mutex);
    return is_taken;
}

void rate_limits_give_back(struct rate_limits *limits, const struct client *client, int64_t now)
{
    (void)pthread_mutex_lock(&limits->mutex);
    forget_those_over(limits, now);
    struct limited *limited = find(limits, client);
    if (limited && limited->taken > 0)
        limited->taken--;
    (void)pthread_mutex_unlock(&limits->mutex);
}

struct allowance rate_limits_look(struct rate_limits *limits, const struct client *client,
                                  uint32_t limit, int64_t now)
{
    (void)pthread_mutex_lock(&limits->mutex);
    forget_those_over(limits, now);
    struct allowance allowance = allowance_of(find(limits, client), limit, now);
    (void)pthread_mutex_unlock(&limits->mutex);
    return allowance;
}

void allowance_tell(const struct allowance *allowance, struct response *response)
{
    CLEANUP(buffer_release) struct buffer policy = BUFFER_INIT(FIELD_MAX);
    CLEANUP(buffer_release) struct buffer now = BUFFER_INIT(FIELD_MAX);

    if (!buffer_format(&policy, "\"" RATE_LIMITS_POLICY "\";q=%u;w=%d", allowance->limit,
                       RATE_LIMITS_WINDOW_MS / 1000) ||
        !buffer_format(&now, "\"" RATE_LIMITS_POLICY "\";r=%u;t=%u", allowance->left,
                       allowance->resets))
        return;
    response_set_header(response, "RateLimit-Policy", buffer_string(&policy));
    response_set_header(response, "RateLimit", buffer_string(&now));
}

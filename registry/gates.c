/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/gates.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"

struct gate {
    struct map_node node;
    struct gates *gates;
    char *host;
    unsigned limit;
    unsigned references; /* guarded by gates->lock, as is the next */
    unsigned inside;
    pthread_cond_t left;
};

struct gates {
    pthread_mutex_t lock;
    struct map map; /* guarded by lock */
};

static struct slice gate_key(const struct map_node *node)
{
    return slice_from_string(MAP_ITEM_CONST(node, struct gate, node)->host);
}

struct gates *gates_new(void)
{
    struct gates *gates = calloc(1, sizeof(*gates));

    if (!gates)
        return NULL;
    (void)pthread_mutex_init(&gates->lock, NULL);
    map_init(&gates->map, gate_key);
    return gates;
}

void gates_free(struct gates *gates)
{
    if (!gates)
        return;
    map_release(&gates->map);
    (void)pthread_mutex_destroy(&gates->lock);
    free(gates);
}

static void gate_free(struct gate *gate)
{
    (void)pthread_cond_destroy(&gate->left);
    free(gate->host);
    free(gate);
}

static struct gate *gate_new(struct gates *gates, const char *host, unsigned limit)
{
    struct gate *gate = calloc(1, sizeof(*gate));

    if (!gate)
        return NULL;
    *gate = (struct gate){.gates = gates, .host = strdup(host), .limit = limit};
    clock_condition_init(&gate->left);
    if (gate->host && map_insert(&gates->map, &gate->node))
        return gate;
    gate_free(gate);
    return NULL;
}

struct gate *gate_ref(struct gates *gates, const char *host, unsigned limit)
{
    pthread_mutex_lock(&gates->lock);
    struct map_node *node = map_find(&gates->map, slice_from_string(host));
    struct gate *gate = node ? MAP_ITEM(node, struct gate, node) : gate_new(gates, host, limit);
    if (gate)
        gate->references++;
    pthread_mutex_unlock(&gates->lock);
    return gate;
}

void gate_unref(struct gate *gate)
{
    if (!gate)
        return;
    struct gates *gates = gate->gates;
    pthread_mutex_lock(&gates->lock);
    bool is_last = --gate->references == 0;
    if (is_last)
        map_remove(&gates->map, &gate->node);
    pthread_mutex_unlock(&gates->lock);
    if (is_last)
        gate_free(gate);
}

bool gate_enter(struct gate *gate, int64_t deadline, struct error *error)
{
    struct timespec until = clock_timespec(deadline);
    int outcome = 0;

    pthread_mutex_lock(&gate->gates->lock);
    while (gate->inside >= gate->limit && outcome == 0)
        outcome = pthread_cond_timedwait(&gate->left, &gate->gates->lock, &until);
    bool may_enter = gate->inside < gate->limit;
    gate->inside += may_enter;
    pthread_mutex_unlock(&gate->gates->lock);
    return may_enter ||
           error_set(
               error, ERROR_TIMEOUT,
               "'%s' is asked as much at once as it may be (max_concurrent of registry.hosts)",
               gate->host);
}

void gate_leave(struct gate *gate)
{
    pthread_mutex_lock(&gate->gates->lock);
    gate->inside--;
    pthread_cond_signal(&gate->left);
    pthread_mutex_unlock(&gate->gates->lock);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/known_hosts.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/map.h"

struct known_host {
    struct map_node node;
    struct list place;
    int64_t answered; /* clock_monotonic_ms */
    size_t length;
    char name[];
};

struct known_hosts {
    size_t limit;
    pthread_mutex_t mutex; /* guards what follows */
    struct map by_name;
    struct list by_answer; /* the latest first */
};

static struct slice known_host_key(const struct map_node *node)
{
    const struct known_host *host = MAP_ITEM_CONST(node, struct known_host, node);
    return slice_of(host->name, host->length);
}

struct known_hosts *known_hosts_new(size_t limit)
{
    struct known_hosts *hosts = calloc(1, sizeof(*hosts));
    if (!hosts)
        return NULL;
    hosts->limit = limit;
    (void)pthread_mutex_init(&hosts->mutex, NULL);
    map_init(&hosts->by_name, known_host_key);
    list_init(&hosts->by_answer);
    return hosts;
}

static void known_hosts_drop(struct known_hosts *hosts, struct known_host *host)
{
    list_remove(&host->place);
    map_remove(&hosts->by_name, &host->node);
    free(host);
}

static void known_hosts_forget_oldest(struct known_hosts *hosts)
{
    struct list *oldest = list_take_last(&hosts->by_answer);
    if (oldest)
        known_hosts_drop(hosts, LIST_ITEM(oldest, struct known_host, place));
}

void known_hosts_free(struct known_hosts *hosts)
{
    if (!hosts)
        return;
    while (!list_is_empty(&hosts->by_answer))
        known_hosts_forget_oldest(hosts);
    map_release(&hosts->by_name);
    (void)pthread_mutex_destroy(&hosts->mutex);
    free(hosts);
}

static struct known_host *known_hosts_find(const struct known_hosts *hosts, struct slice name)
{
    struct map_node *node = map_find(&hosts->by_name, name);
    return node ? MAP_ITEM(node, struct known_host, node) : NULL;
}

static struct known_host *known_hosts_add(struct known_hosts *hosts, struct slice name)
{
    if (hosts->by_name.count >= hosts->limit)
        known_hosts_forget_oldest(hosts);
    struct known_host *host = calloc(1, sizeof(*host) + name.length);
    if (!host)
        return NULL;
    memcpy(host->name, name.data, name.length);
    host->length = name.length;
    list_init(&host->place);
    if (!map_insert(&hosts->by_name, &host->node)) {
        free(host);
        return NULL;
    }
    return host;
}

void known_hosts_note_answer(struct known_hosts *hosts, const char *name, int64_t now)
{
    struct slice key = slice_of(name, strlen(name));

    (void)pthread_mutex_lock(&hosts->mutex);
    struct known_host *host = known_hosts_find(hosts, key);
    if (!host)
        host = known_hosts_add(hosts, key);
    if (host) {
        host->answered = now;
        list_put_first(&hosts->by_answer, &host->place);
    }
    (void)pthread_mutex_unlock(&hosts->mutex);
}

void known_hosts_forget(struct known_hosts *hosts, const char *name)
{
    (void)pthread_mutex_lock(&hosts->mutex);
    struct known_host *host = known_hosts_find(hosts, slice_from_string(name));
    if (host)
        known_hosts_drop(hosts, host);
    (void)pthread_mutex_unlock(&hosts->mutex);
}

bool known_hosts_has(struct known_hosts *hosts, const char *name, int64_t now)
{
    (void)pthread_mutex_lock(&hosts->mutex);
    const struct known_host *host = known_hosts_find(hosts, slice_from_string(name));
    bool has = host && now - host->answered < KNOWN_HOSTS_MEMORY_MS;
    (void)pthread_mutex_unlock(&hosts->mutex);
    return has;
}

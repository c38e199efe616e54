/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/hosts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

enum {
    HOSTS_MAX = 4096,
    CHALLENGE_MAX = 2048 /* bytes of one; those of real registries are a tenth */
};

struct host {
    struct map_node node;
    struct host *next; /* in the order learned */
    char *origin;
    bool has_challenge;
    struct challenge challenge; /* without scope and error: those belong to one request */
    int64_t paused_until;
};

struct hosts {
    pthread_mutex_t lock;
    struct map map;     /* guarded by lock */
    struct host *first; /* guarded by lock: the oldest */
    struct host *last;  /* guarded by lock */
};

static struct slice host_key(const struct map_node *node)
{
    return slice_from_string(MAP_ITEM_CONST(node, struct host, node)->origin);
}

struct hosts *hosts_new(void)
{
    struct hosts *hosts = calloc(1, sizeof(*hosts));
    if (!hosts)
        return NULL;
    (void)pthread_mutex_init(&hosts->lock, NULL);
    map_init(&hosts->map, host_key);
    return hosts;
}

static void host_free(struct host *host)
{
    challenge_release(&host->challenge);
    free(host->origin);
    free(host);
}

static void forget_oldest(struct hosts *hosts)
{
    struct host *host = hosts->first;

    hosts->first = host->next;
    if (!hosts->first)
        hosts->last = NULL;
    map_remove(&hosts->map, &host->node);
    host_free(host);
}

void hosts_free(struct hosts *hosts)
{
    if (!hosts)
        return;
    while (hosts->first)
        forget_oldest(hosts);
    map_release(&hosts->map);
    (void)pthread_mutex_destroy(&hosts->lock);
    free(hosts);
}

static struct host *find(struct hosts *hosts, const char *origin)
{
    struct map_node *node = map_find(&hosts->map, slice_from_string(origin));
    return node ? MAP_ITEM(node, struct host, node) : NULL;
}

static struct host *find_or_add(struct hosts *hosts, const char *origin)
{
    struct host *host = find(hosts, origin);
    if (host)
        return host;
    if (hosts->map.count == HOSTS_MAX)
        forget_oldest(hosts);
    host = calloc(1, sizeof(*host));
    if (!host)
        return NULL;
    host->origin = strdup(origin);
    if (!host->origin || !map_insert(&hosts->map, &host->node)) {
        host_free(host);
        return NULL;
    }
    if (hosts->last)
        hosts->last->next = host;
    else
        hosts->first = host;
    hosts->last = host;
    return host;
}

static bool copy_text(char **to, const char *from)
{
    *to = from ? strdup(from) : NULL;
    return *to || !from;
}

static bool copy_challenge(struct challenge *to, const struct challenge *from)
{
    *to = (struct challenge){.scheme = from->scheme};
    if (copy_text(&to->realm, from->realm) && copy_text(&to->service, from->service))
        return true;
    challenge_release(to);
    return false;
}

static size_t challenge_length(const struct challenge *challenge)
{
    return slice_from_string(challenge->realm).length +
           slice_from_string(challenge->service).length;
}

void hosts_learn_challenge(struct hosts *hosts, const char *origin,
                           const struct challenge *challenge)
{
    struct challenge copy;
    if (challenge_length(challenge) > CHALLENGE_MAX || !copy_challenge(&copy, challenge))
        return;

    pthread_mutex_lock(&hosts->lock);
    struct host *host = find_or_add(hosts, origin);
    if (host) {
        struct challenge old = host->challenge;
        host->challenge = copy;
        host->has_challenge = true;
        copy = old;
    }
    pthread_mutex_unlock(&hosts->lock);
    challenge_release(&copy);
}

void hosts_forget_challenge(struct hosts *hosts, const char *origin)
{
    struct challenge old = {.realm = NULL};

    pthread_mutex_lock(&hosts->lock);
    struct host *host = find(hosts, origin);
    if (host) {
        old = host->challenge;
        host->challenge = (struct challenge){.realm = NULL};
        host->has_challenge = false;
    }
    pthread_mutex_unlock(&hosts->lock);
    challenge_release(&old);
}

bool hosts_recall_challenge(struct hosts *hosts, const char *origin, struct challenge *out)
{
    pthread_mutex_lock(&hosts->lock);
    const struct host *host = find(hosts, origin);
    bool is_known = host && host->has_challenge && copy_challenge(out, &host->challenge);
    pthread_mutex_unlock(&hosts->lock);
    return is_known;
}

void hosts_pause(struct hosts *hosts, const char *name, int64_t until)
{
    pthread_mutex_lock(&hosts->lock);
    struct host *host = find_or_add(hosts, name);
    if (host && host->paused_until < until)
        host->paused_until = until;
    pthread_mutex_unlock(&hosts->lock);
}

int64_t hosts_paused_until(struct hosts *hosts, const char *name, int64_t now)
{
    pthread_mutex_lock(&hosts->lock);
    const struct host *host = find(hosts, name);
    int64_t until = host && host->paused_until > now ? host->paused_until : 0;
    pthread_mutex_unlock(&hosts->lock);
    return until;
}

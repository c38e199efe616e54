/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/hosts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/map.h"
#include "registry/breaker.h"
#include "registry/registry.h"

enum {
    LONGEST_PAUSE_MS = 3600000,
    HOSTS_MAX = 4096,
    CHALLENGE_MAX = 2048, /* bytes of one; those of real registries are a tenth */
    NOTICES_MAX = 8       /* different ones of an origin */
};

struct host {
    struct map_node node;
    struct list place; /* in the order of use */
    char *name;        /* of an origin, or of an asker */

    bool has_challenge;
    struct challenge challenge; /* without scope and error: those belong to one request */
    struct breaker breaker;
    uint64_t notices[NOTICES_MAX]; /* hashes */
    size_t notice_count;

    int64_t paused_until;
    struct quota quota;
};

struct hosts {
    _Atomic uint32_t references;
    pthread_mutex_t lock;
    /* All guarded by lock. */
    struct map map;
    struct list by_use; /* the latest first */
};

/* -- the table ------------------------------------------------------------------------------ */

static struct slice host_key(const struct map_node *node)
{
    return slice_from_string(MAP_ITEM_CONST(node, struct host, node)->name);
}

struct hosts *hosts_new(void)
{
    struct hosts *hosts = calloc(1, sizeof(*hosts));
    if (!hosts)
        return NULL;
    atomic_init(&hosts->references, 1);
    (void)pthread_mutex_init(&hosts->lock, NULL);
    map_init(&hosts->map, host_key);
    list_init(&hosts->by_use);
    return hosts;
}

static void host_free(struct host *host)
{
    challenge_release(&host->challenge);
    free(host->name);
    free(host);
}

/* False: there is none. */
static bool forget_oldest(struct hosts *hosts)
{
    struct list *oldest = list_take_last(&hosts->by_use);
    if (!oldest)
        return false;
    struct host *host = LIST_ITEM(oldest, struct host, place);

    map_remove(&hosts->map, &host->node);
    host_free(host);
    return true;
}

struct hosts *hosts_ref(struct hosts *hosts)
{
    (void)atomic_fetch_add_explicit(&hosts->references, 1, memory_order_relaxed);
    return hosts;
}

void hosts_unref(struct hosts *hosts)
{
    if (!hosts || atomic_fetch_sub_explicit(&hosts->references, 1, memory_order_acq_rel) > 1)
        return;
    while (forget_oldest(hosts))
        ;
    map_release(&hosts->map);
    (void)pthread_mutex_destroy(&hosts->lock);
    free(hosts);
}

static struct host *find(struct hosts *hosts, const char *name)
{
    struct map_node *node = map_find(&hosts->map, slice_from_string(name));
    struct host *host = node ? MAP_ITEM(node, struct host, node) : NULL;

    if (host)
        list_put_first(&hosts->by_use, &host->place);
    return host;
}

static struct host *find_or_add(struct hosts *hosts, const char *name)
{
    struct host *host = find(hosts, name);
    if (host)
        return host;
    if (hosts->map.count == HOSTS_MAX)
        (void)forget_oldest(hosts);
    host = calloc(1, sizeof(*host));
    if (!host)
        return NULL;
    host->name = strdup(name);
    if (!host->name || !map_insert(&hosts->map, &host->node)) {
        host_free(host);
        return NULL;
    }
    list_init(&host->place);
    list_put_first(&hosts->by_use, &host->place);
    return host;
}

/* -- how to authenticate -------------------------------------------------------------------- */

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

/* -- quotas --------------------------------------------------------------------------------- */

void hosts_pause(struct hosts *hosts, const char *asker, int64_t until)
{
    pthread_mutex_lock(&hosts->lock);
    struct host *host = find_or_add(hosts, asker);
    if (host && host->paused_until < until)
        host->paused_until = until;
    pthread_mutex_unlock(&hosts->lock);
}

void hosts_pause_for(struct hosts *hosts, const char *asker, int64_t asked, int64_t now)
{
    if (asked > 0)
        hosts_pause(hosts, asker, now + (asked < LONGEST_PAUSE_MS ? asked : LONGEST_PAUSE_MS));
}

int64_t hosts_paused_until(struct hosts *hosts, const char *asker, int64_t now)
{
    pthread_mutex_lock(&hosts->lock);
    const struct host *host = find(hosts, asker);
    int64_t until = host && host->paused_until > now ? host->paused_until : 0;
    pthread_mutex_unlock(&hosts->lock);
    return until;
}

void hosts_note_quota(struct hosts *hosts, const char *asker, const struct quota *quota)
{
    pthread_mutex_lock(&hosts->lock);
    struct host *host = find_or_add(hosts, asker);
    if (host)
        host->quota = *quota;
    pthread_mutex_unlock(&hosts->lock);
}

bool hosts_quota_is_below(struct hosts *hosts, const char *asker, uint32_t floor, int64_t now)
{
    pthread_mutex_lock(&hosts->lock);
    const struct host *host = find(hosts, asker);
    bool is_below = host && quota_is_below(&host->quota, floor, now);
    pthread_mutex_unlock(&hosts->lock);
    return is_below;
}

/* An asker's name is an origin and an identity. */
static void tell_name(const struct host *host, char registry[QUOTA_REGISTRY_SIZE],
                      char identity[CREDENTIAL_IDENTITY_SIZE])
{
    const char *blank = strrchr(host->name, ' ');
    size_t origin = blank ? (size_t)(blank - host->name) : strlen(host->name);

    (void)snprintf(registry, QUOTA_REGISTRY_SIZE, "%.*s", (int)origin, host->name);
    (void)snprintf(identity, CREDENTIAL_IDENTITY_SIZE, "%s", blank ? blank + 1 : "");
}

static struct registry_quota tell_quota(const struct host *host, int64_t now)
{
    struct registry_quota told = {
        .remaining = host->quota.remaining,
        .limit = host->quota.limit,
        .window = host->quota.window,
        .age = now - host->quota.told,
    };

    tell_name(host, told.registry, told.identity);
    (void)snprintf(told.source, sizeof(told.source), "%s", host->quota.source);
    return told;
}

size_t hosts_list_quotas(struct hosts *hosts, int64_t now, struct registry_quota *out, size_t max)
{
    size_t count = 0;

    pthread_mutex_lock(&hosts->lock);
    const struct list *end = &hosts->by_use;
    for (struct list *place = end->next; place != end && count < max; place = place->next) {
        const struct host *host = LIST_ITEM(place, struct host, place);
        if (host->quota.is_told && now < host->quota.ends)
            out[count++] = tell_quota(host, now);
    }
    pthread_mutex_unlock(&hosts->lock);
    return count;
}

/* -- troubles ------------------------------------------------------------------------------- */

static struct registry_trouble tell_trouble(const struct host *host, int64_t now)
{
    struct registry_trouble told = {
        .paused = host->paused_until > now ? host->paused_until - now : 0,
        .failures = host->breaker.failures,
        .left_alone = breaker_wait(&host->breaker, now, false),
    };

    tell_name(host, told.registry, told.identity);
    return told;
}

size_t hosts_list_troubles(struct hosts *hosts, int64_t now, struct registry_trouble *out,
                           size_t max)
{
    size_t count = 0;

    pthread_mutex_lock(&hosts->lock);
    const struct list *end = &hosts->by_use;
    for (struct list *place = end->next; place != end && count < max; place = place->next) {
        const struct host *host = LIST_ITEM(place, struct host, place);
        if (now < host->paused_until || host->breaker.failures > 0)
            out[count++] = tell_trouble(host, now);
    }
    pthread_mutex_unlock(&hosts->lock);
    return count;
}

/* -- whether it answers --------------------------------------------------------------------- */

struct hosts_pass hosts_pass(struct hosts *hosts, const char *origin, bool may_probe, int64_t now)
{
    struct hosts_pass pass = {.wait = 0};

    pthread_mutex_lock(&hosts->lock);
    struct host *host = find(hosts, origin);
    if (host) {
        pass.wait = breaker_wait(&host->breaker, now, may_probe);
        pass.failures = host->breaker.failures;
        pass.is_probe = may_probe && pass.wait == 0 && breaker_pass(&host->breaker);
    }
    pthread_mutex_unlock(&hosts->lock);
    return pass;
}

void hosts_end_probe(struct hosts *hosts, const char *origin)
{
    pthread_mutex_lock(&hosts->lock);
    struct host *host = find(hosts, origin);
    if (host)
        breaker_end_probe(&host->breaker);
    pthread_mutex_unlock(&hosts->lock);
}

void hosts_note_answer(struct hosts *hosts, const char *origin)
{
    pthread_mutex_lock(&hosts->lock);
    struct host *host = find(hosts, origin);
    if (host)
        breaker_note_answer(&host->breaker);
    pthread_mutex_unlock(&hosts->lock);
}

void hosts_note_failure(struct hosts *hosts, const char *origin, int64_t now)
{
    pthread_mutex_lock(&hosts->lock);
    struct host *host = find_or_add(hosts, origin);
    if (host)
        breaker_note_failure(&host->breaker, now);
    pthread_mutex_unlock(&hosts->lock);
}

/* -- what it wanted people to be told ------------------------------------------------------- */

static bool note_notice(struct host *host, uint64_t hash)
{
    for (size_t i = 0; i < host->notice_count; i++)
        if (host->notices[i] == hash)
            return false;
    if (host->notice_count == NOTICES_MAX)
        return false;
    host->notices[host->notice_count++] = hash;
    return true;
}

bool hosts_note_notice(struct hosts *hosts, const char *origin, struct slice text)
{
    uint64_t hash = map_hash(text);

    pthread_mutex_lock(&hosts->lock);
    struct host *host = find_or_add(hosts, origin);
    bool is_new = host && note_notice(host, hash);
    pthread_mutex_unlock(&hosts->lock);
    return is_new;
}

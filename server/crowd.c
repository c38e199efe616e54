/* SPDX-License-Identifier: Apache-2.0 */
#include "server/crowd.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "server/client.h"

struct member {
    struct map_node node;
    uint32_t count;
    size_t key_length;
    char key[CLIENT_KEY_SIZE];
};

struct crowd {
    pthread_mutex_t mutex;
    struct map members; /* guarded by mutex */
};

static struct slice member_key(const struct map_node *node)
{
    const struct member *member = MAP_ITEM_CONST(node, struct member, node);
    return slice_of(member->key, member->key_length);
}

struct crowd *crowd_new(void)
{
    struct crowd *crowd = calloc(1, sizeof(*crowd));
    if (!crowd)
        return NULL;
    (void)pthread_mutex_init(&crowd->mutex, NULL);
    map_init(&crowd->members, member_key);
    return crowd;
}

static void drop(struct crowd *crowd, struct member *member)
{
    map_remove(&crowd->members, &member->node);
    free(member);
}

void crowd_free(struct crowd *crowd)
{
    if (!crowd)
        return;
    for (struct map_node *node; (node = map_next(&crowd->members, NULL));)
        drop(crowd, MAP_ITEM(node, struct member, node));
    map_release(&crowd->members);
    (void)pthread_mutex_destroy(&crowd->mutex);
    free(crowd);
}

static struct member *find(const struct crowd *crowd, const struct client *client)
{
    char key[CLIENT_KEY_SIZE];
    struct map_node *node = map_find(&crowd->members, client_key(client, key));

    return node ? MAP_ITEM(node, struct member, node) : NULL;
}

static struct member *add(struct crowd *crowd, const struct client *client)
{
    struct member *member = calloc(1, sizeof(*member));
    if (!member)
        return NULL;
    member->key_length = client_key(client, member->key).length;
    if (map_insert(&crowd->members, &member->node))
        return member;
    free(member);
    return NULL;
}

bool crowd_enter(struct crowd *crowd, const struct client *client, uint32_t max)
{
    (void)pthread_mutex_lock(&crowd->mutex);
    struct member *member = find(crowd, client);
    if (!member)
        member = add(crowd, client);
    bool is_in = member && member->count < max;
    if (is_in)
        member->count++;
    (void)pthread_mutex_unlock(&crowd->mutex);
    return is_in;
}

void crowd_leave(struct crowd *crowd, const struct client *client)
{
    (void)pthread_mutex_lock(&crowd->mutex);
    struct member *member = find(crowd, client);
    if (member && --member->count == 0)
        drop(crowd, member);
    (void)pthread_mutex_unlock(&crowd->mutex);
}

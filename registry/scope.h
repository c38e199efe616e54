/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a token is asked for: "TYPE:NAME:ACTION,ACTION" a resource, separated by blanks
 * (rules A5, A6, A12, A18).
 */
#ifndef REGISTRY_SCOPE_H
#define REGISTRY_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

enum {
    SCOPES_MAX = 32, /* further ones are left out */
    SCOPE_ACTIONS_MAX = 8
};

/* Everything is borrowed. */
struct scope {
    struct slice type; /* "repository", also "repository(plugin)" */
    struct slice name; /* may hold colons */
    struct slice actions[SCOPE_ACTIONS_MAX];
    size_t action_count;
};

/* Each resource stands here once, where it was first named, with all actions that were named: of a
 * repository named twice some servers heed only the last. */
struct scope_list {
    struct scope items[SCOPES_MAX];
    size_t count;
};

/* `actions` are separated by commas. */
void scope_list_add(struct scope_list *list, struct slice type, struct slice name,
                    struct slice actions);
/* As written in a challenge; what is not a scope is passed over. */
void scope_list_add_text(struct scope_list *list, struct slice text);
bool scope_list_write(const struct scope_list *list, struct buffer *out);

/* A12: one order for what means the same: resources and actions sorted, "*" instead of all others.
 */
void scope_list_sort(struct scope_list *list);
/* Whether whoever may do everything in `wide` may do everything in `list`. */
bool scope_list_covers(const struct scope_list *wide, const struct scope_list *list);

#endif

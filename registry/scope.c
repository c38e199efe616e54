/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/scope.h"

#include <stdlib.h>

/* The scope of this resource, new if it was not there; NULL when the list is full. */
static struct scope *find_or_add(struct scope_list *list, struct slice type, struct slice name)
{
    for (size_t i = 0; i < list->count; i++) {
        struct scope *scope = &list->items[i];
        if (slice_equal(scope->type, type) && slice_equal(scope->name, name))
            return scope;
    }
    if (list->count == SCOPES_MAX)
        return NULL;
    struct scope *added = &list->items[list->count++];
    *added = (struct scope){.type = type, .name = name};
    return added;
}

static void add_action(struct scope *scope, struct slice action)
{
    for (size_t i = 0; i < scope->action_count; i++)
        if (slice_equal(scope->actions[i], action))
            return;
    if (action.length && scope->action_count < SCOPE_ACTIONS_MAX)
        scope->actions[scope->action_count++] = action;
}

void scope_list_add(struct scope_list *list, struct slice type, struct slice name,
                    struct slice actions)
{
    struct scope *scope = find_or_add(list, type, name);

    while (scope && actions.length)
        add_action(scope, slice_take_part(&actions, ','));
}

/* A6: the name may hold colons, so the type ends at the first and the actions begin after the last.
 */
static void add_one(struct scope_list *list, struct slice text)
{
    ptrdiff_t first = slice_find(text, ':');
    ptrdiff_t last = slice_find_last(text, ':');

    if (first <= 0 || last <= first + 1)
        return;
    struct slice name = slice_from(slice_until(text, (size_t)last), (size_t)first + 1);
    scope_list_add(list, slice_until(text, (size_t)first), name,
                   slice_from(text, (size_t)last + 1));
}

void scope_list_add_text(struct scope_list *list, struct slice text)
{
    while (text.length)
        add_one(list, slice_take_part(&text, ' '));
}

static void write_one(const struct scope *scope, struct buffer *out)
{
    buffer_append_slice(out, scope->type);
    buffer_append_char(out, ':');
    buffer_append_slice(out, scope->name);
    for (size_t i = 0; i < scope->action_count; i++) {
        buffer_append_char(out, i ? ',' : ':');
        buffer_append_slice(out, scope->actions[i]);
    }
}

bool scope_list_write(const struct scope_list *list, struct buffer *out)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            buffer_append_char(out, ' ');
        write_one(&list->items[i], out);
    }
    return buffer_ok(out);
}

/* -- comparing ------------------------------------------------------------------------------ */

static int compare_slices(struct slice a, struct slice b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;

    return order ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_actions(const void *a, const void *b)
{
    return compare_slices(*(const struct slice *)a, *(const struct slice *)b);
}

static int compare_scopes(const void *a, const void *b)
{
    const struct scope *one = a;
    const struct scope *other = b;
    int order = compare_slices(one->type, other->type);

    return order ? order : compare_slices(one->name, other->name);
}

static bool allows(const struct scope *scope, struct slice action)
{
    for (size_t i = 0; i < scope->action_count; i++)
        if (slice_equal(scope->actions[i], action))
            return true;
    return false;
}

static bool allows_everything(const struct scope *scope)
{
    return allows(scope, SLICE("*"));
}

static void sort_actions(struct scope *scope)
{
    if (allows_everything(scope)) {
        scope->actions[0] = SLICE("*");
        scope->action_count = 1;
    }
    qsort(scope->actions, scope->action_count, sizeof(scope->actions[0]), compare_actions);
}

void scope_list_sort(struct scope_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        sort_actions(&list->items[i]);
    qsort(list->items, list->count, sizeof(list->items[0]), compare_scopes);
}

static bool covers(const struct scope *wide, const struct scope *scope)
{
    if (compare_scopes(wide, scope) != 0)
        return false;
    for (size_t i = 0; i < scope->action_count; i++)
        if (!allows_everything(wide) && !allows(wide, scope->actions[i]))
            return false;
    return true;
}

static bool has_one_that_covers(const struct scope_list *wide, const struct scope *scope)
{
    for (size_t i = 0; i < wide->count; i++)
        if (covers(&wide->items[i], scope))
            return true;
    return false;
}

bool scope_list_covers(const struct scope_list *wide, const struct scope_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (!has_one_that_covers(wide, &list->items[i]))
            return false;
    return true;
}

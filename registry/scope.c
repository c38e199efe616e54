/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/scope.h"

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

/* Takes what stands before the first `separator`, or everything, off the front. */
static struct slice take_part(struct slice *rest, char separator)
{
    ptrdiff_t end = slice_find(*rest, separator);
    size_t length = end < 0 ? rest->length : (size_t)end;
    struct slice part = slice_until(*rest, length);

    *rest = slice_from(*rest, length + 1);
    return part;
}

void scope_list_add(struct scope_list *list, struct slice type, struct slice name,
                    struct slice actions)
{
    struct scope *scope = find_or_add(list, type, name);

    while (scope && actions.length)
        add_action(scope, take_part(&actions, ','));
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
        add_one(list, take_part(&text, ' '));
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types of settings that are a text, or a list of texts.
 */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/setting.h"
#include "config/value.h"
#include "data/json.h"

/* A copy the caller frees, or NULL: refused, or no memory. */
static char *copy_text(const struct setting *setting, const struct yaml_node *node,
                       struct slice text, const struct setting_source *source)
{
    if (!setting->type->accepts(text)) {
        setting_refuse(setting, node, text, source);
        return NULL;
    }
    char *copy = slice_copy(text);
    if (!copy)
        error_no_memory(source->error);
    else if (setting->type->is_lowered)
        setting_lower(copy);
    return copy;
}

static void release_text(void *slot)
{
    char **text = slot;

    free(TAKE(*text));
}

static bool read_text(const struct setting *setting, const struct yaml_node *node, void *slot,
                      const struct setting_source *source)
{
    char **text = slot;
    bool is_unset = node->is_null && setting->type->is_optional;
    char *copy = NULL;

    if (node->kind != YAML_SCALAR || (node->is_null && !is_unset))
        return setting_fail(source, node, "expected %s", setting->type->expected);
    if (!is_unset) {
        copy = copy_text(setting, node, node->text, source);
        if (!copy)
            return false;
    }
    release_text(slot);
    *text = copy;
    return true;
}

static void print_text(const struct setting *setting, const void *slot, struct buffer *out)
{
    const char *const *text = slot;

    (void)setting;
    if (*text)
        value_print_text(slice_from_string(*text), out);
    else
        (void)buffer_append_string(out, "null");
}

static bool copy_of_text(const struct setting *setting, const void *from, void *to,
                         struct error *error)
{
    const char *const *source = from;
    char **target = to;
    char *copy = *source ? strdup(*source) : NULL;

    (void)setting;
    if (*source && !copy)
        return error_no_memory(error);
    release_text(to);
    *target = copy;
    return true;
}

/* -- lists ---------------------------------------------------------------------------------- */

static void release_list(void *slot)
{
    struct string_list *list = slot;

    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct string_list){0};
}

static size_t count_parts(struct slice text)
{
    size_t count = 1;

    for (size_t i = 0; i < text.length; i++)
        count += text.data[i] == ',';
    return count;
}

/* `node` is a scalar (its parts are taken), or a sequence of scalars. */
static bool fill_list(const struct setting *setting, const struct yaml_node *node,
                      struct string_list *list, const struct setting_source *source)
{
    bool is_sequence = node->kind == YAML_SEQUENCE;
    size_t count = is_sequence ? node->count : count_parts(node->text);
    struct slice rest = node->text;

    list->items = calloc(count ? count : 1, sizeof(list->items[0]));
    if (!list->items)
        return error_no_memory(source->error);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = is_sequence ? node->items[i] : node;
        if (item->kind != YAML_SCALAR)
            return setting_fail(source, item, "expected %s", setting->type->expected);
        struct slice text = is_sequence ? item->text : slice_trim(slice_take_part(&rest, ','));
        list->items[i] = copy_text(setting, item, text, source);
        if (!list->items[i])
            return false;
        list->count++;
    }
    return true;
}

static bool read_list(const struct setting *setting, const struct yaml_node *node, void *slot,
                      const struct setting_source *source)
{
    struct string_list list = {0};

    if (node->kind == YAML_MAPPING)
        return setting_fail(source, node, "expected a list");
    if (!node->is_null && !fill_list(setting, node, &list, source)) {
        release_list(&list);
        return false;
    }
    release_list(slot);
    memcpy(slot, &list, sizeof(list));
    return true;
}

static void print_list(const struct setting *setting, const void *slot, struct buffer *out)
{
    const struct string_list *list = slot;
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);

    (void)setting;
    json_write_strings(&writer, (const char *const *)list->items, list->count);
}

static bool copy_list(const struct setting *setting, const void *from, void *to,
                      struct error *error)
{
    const struct string_list *source = from;
    struct string_list copy = {.items = calloc(source->count + 1, sizeof(copy.items[0]))};
    bool done = copy.items != NULL;

    (void)setting;
    for (; done && copy.count < source->count; copy.count += done) {
        copy.items[copy.count] = strdup(source->items[copy.count]);
        done = copy.items[copy.count] != NULL;
    }
    if (!done) {
        release_list(&copy);
        return error_no_memory(error);
    }
    release_list(to);
    memcpy(to, &copy, sizeof(copy));
    return true;
}

/* -- the types ------------------------------------------------------------------------------ */

const struct setting_type setting_optional = {
    .expected = "a printable text",
    .read = read_text,
    .print = print_text,
    .copy = copy_of_text,
    .release = release_text,
    .accepts = value_is_text,
    .is_optional = true,
};

const struct setting_type setting_address = {
    .expected = "an address such as 127.0.0.1:8080, [::]:8080, :8080 or unix:/path",
    .read = read_text,
    .print = print_text,
    .copy = copy_of_text,
    .release = release_text,
    .accepts = value_is_address,
};

const struct setting_type setting_optional_address = {
    .expected = "an address such as 127.0.0.1:9090, [::]:9090, :9090 or unix:/path",
    .read = read_text,
    .print = print_text,
    .copy = copy_of_text,
    .release = release_text,
    .accepts = value_is_address,
    .is_optional = true,
};

const struct setting_type setting_credentials = {
    .expected = "none, docker, or a path with a '/' in it",
    .read = read_text,
    .print = print_text,
    .copy = copy_of_text,
    .release = release_text,
    .accepts = value_is_credentials,
};

const struct setting_type setting_proxy = {
    .expected = "none, environment, or a URL such as http://proxy.example.com:3128 (without a "
                "password: one that wants one stands in the environment)",
    .read = read_text,
    .print = print_text,
    .copy = copy_of_text,
    .release = release_text,
    .accepts = value_is_proxy,
};

const struct setting_type setting_host_pattern = {
    .expected = "a host such as registry.example.com:5000, or *.example.com, or *",
    .read = read_text,
    .print = print_text,
    .copy = copy_of_text,
    .release = release_text,
    .accepts = value_is_host_pattern,
    .is_lowered = true,
    .is_optional = true,
};

const struct setting_type setting_helper = {
    .expected = "NAME of a program docker-credential-NAME, such as ecr-login",
    .read = read_text,
    .print = print_text,
    .copy = copy_of_text,
    .release = release_text,
    .accepts = value_is_helper,
    .is_optional = true,
};

const struct setting_type setting_host_list = {
    .expected = "a host such as auth.example.com",
    .is_collection = true,
    .read = read_list,
    .print = print_list,
    .copy = copy_list,
    .release = release_list,
    .accepts = value_is_host,
    .is_lowered = true,
};

const struct setting_type setting_pattern_list = {
    .expected = "a host such as registry.example.com:5000, or *.example.com, or *",
    .is_collection = true,
    .read = read_list,
    .print = print_list,
    .copy = copy_list,
    .release = release_list,
    .accepts = value_is_pattern,
    .is_lowered = true,
};

const struct setting_type setting_origin_list = {
    .expected = "an origin such as https://ui.example.com:8443, or *",
    .is_collection = true,
    .read = read_list,
    .print = print_list,
    .copy = copy_list,
    .release = release_list,
    .accepts = value_is_origin,
    .is_lowered = true,
};

const struct setting_type setting_text_list = {
    .expected = "a printable text",
    .is_collection = true,
    .read = read_list,
    .print = print_list,
    .copy = copy_list,
    .release = release_list,
    .accepts = value_is_text,
};

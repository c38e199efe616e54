/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The type of a list of mirrors: "mirror.example.com:5000", or "harbor.example.com/hub" for one
 * that keeps the registry's images below a name of its own.
 */
#include <stdlib.h>

#include "config/config.h"
#include "config/setting.h"
#include "config/value.h"
#include "data/json.h"

enum {
    MIRROR_TEXT_MAX = 1024
};

static void release_mirrors(void *slot)
{
    struct config_mirrors *mirrors = slot;

    for (size_t i = 0; i < mirrors->count; i++) {
        free(mirrors->items[i].host);
        free(mirrors->items[i].prefix);
    }
    free(mirrors->items);
    *mirrors = (struct config_mirrors){0};
}

bool setting_mirror_fill(struct config_mirror *mirror, struct slice host, struct slice prefix,
                         struct error *error)
{
    mirror->host = slice_copy(host);
    mirror->prefix = prefix.length ? slice_copy(prefix) : NULL;
    if (!mirror->host || (prefix.length && !mirror->prefix))
        return error_no_memory(error);
    setting_lower(mirror->host);
    return true;
}

static bool read_mirror(const struct setting *setting, const struct yaml_node *node,
                        struct slice text, struct config_mirror *out,
                        const struct setting_source *source)
{
    struct slice prefix = text;
    struct slice host = slice_take_part(&prefix, '/');
    bool has_prefix = host.length < text.length;

    if (node->kind != YAML_SCALAR || !value_is_host(host) ||
        (has_prefix && !value_is_repository(prefix)))
        return setting_refuse(setting, node, text, source);
    return setting_mirror_fill(out, host, prefix, source->error);
}

/* `node` is a sequence, or a scalar: one mirror. */
static bool fill_mirrors(const struct setting *setting, const struct yaml_node *node,
                         struct config_mirrors *out, const struct setting_source *source)
{
    bool is_sequence = node->kind == YAML_SEQUENCE;
    size_t count = is_sequence ? node->count : 1;

    out->items = calloc(count ? count : 1, sizeof(out->items[0]));
    if (!out->items)
        return error_no_memory(source->error);
    for (; out->count < count; out->count++) {
        const struct yaml_node *item = is_sequence ? node->items[out->count] : node;
        if (!read_mirror(setting, item, item->text, &out->items[out->count], source))
            return false;
    }
    return true;
}

static bool read_mirrors(const struct setting *setting, const struct yaml_node *node, void *slot,
                         const struct setting_source *source)
{
    struct config_mirrors *mirrors = slot;
    struct config_mirrors read = {0};

    if (node->kind == YAML_MAPPING)
        return setting_fail(source, node, "expected a list");
    if (!node->is_null && !fill_mirrors(setting, node, &read, source)) {
        release_mirrors(&read);
        return false;
    }
    release_mirrors(slot);
    *mirrors = read;
    return true;
}

static void print_mirrors(const struct setting *setting, const void *slot, struct buffer *out)
{
    const struct config_mirrors *mirrors = slot;
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);

    (void)setting;
    json_write_array_begin(&writer);
    for (size_t i = 0; i < mirrors->count; i++) {
        const struct config_mirror *mirror = &mirrors->items[i];
        struct buffer text = BUFFER_INIT(MIRROR_TEXT_MAX);
        (void)buffer_format(&text, "%s%s%s", mirror->host, mirror->prefix ? "/" : "",
                            mirror->prefix ? mirror->prefix : "");
        json_write_string(&writer, buffer_slice(&text));
        buffer_release(&text);
    }
    json_write_array_end(&writer);
}

static bool copy_mirrors(const struct setting *setting, const void *from, void *to,
                         struct error *error)
{
    const struct config_mirrors *source = from;
    struct config_mirrors *target = to;
    struct config_mirrors copy = {.items = calloc(source->count + 1, sizeof(*copy.items))};
    bool done = true;

    (void)setting;
    if (!copy.items)
        return error_no_memory(error);
    while (done && copy.count < source->count) {
        const struct config_mirror *mirror = &source->items[copy.count];
        copy.items[copy.count].by_digest_only = mirror->by_digest_only;
        done = setting_mirror_fill(&copy.items[copy.count++], slice_from_string(mirror->host),
                                   slice_from_string(mirror->prefix), error);
    }
    if (!done) {
        release_mirrors(&copy);
        return false;
    }
    release_mirrors(target);
    *target = copy;
    return true;
}

const struct setting_type setting_mirrors = {
    .expected = "a host such as mirror.example.com:5000, with the name before its repositories if "
                "there is one: harbor.example.com/hub",
    .is_collection = true,
    .read = read_mirrors,
    .print = print_mirrors,
    .copy = copy_mirrors,
    .release = release_mirrors,
};

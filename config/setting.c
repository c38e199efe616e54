/* SPDX-License-Identifier: Apache-2.0 */
#include "config/setting.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "config/config.h"
#include "config/value.h"
#include "data/json.h"

enum {
    PHRASE_MAX = 160
};

static void *slot_of(const struct setting *setting, void *owner)
{
    return (char *)owner + setting->offset;
}

bool setting_fail(const struct setting_source *source, const struct yaml_node *where,
                  const char *format, ...)
{
    char message[sizeof(source->error->message)];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    error_set(source->error, ERROR_INVALID, "%s", message);
    if (where->line)
        error_prefix(source->error, "%u:%u: ", where->line, where->column);
    error_prefix(source->error,
                 where->line ? "%s:" : "%s: ", ESCAPED(slice_from_string(source->name)));
    return false;
}

/* "'5x' is not a duration such as 30s, from 1s to 24h". */
static bool refuse(const struct setting *setting, const struct yaml_node *node, struct slice text,
                   const struct setting_source *source)
{
    CLEANUP(buffer_release) struct buffer expected = BUFFER_INIT(PHRASE_MAX);

    (void)buffer_append_string(&expected, setting->type->expected);
    for (const char *const *word = setting->words; word && *word; word++)
        (void)buffer_format(&expected, "%s %s", word == setting->words ? "" : ",", *word);
    if (setting->max) {
        (void)buffer_append_string(&expected, ", from ");
        setting->type->format(setting->min, &expected);
        (void)buffer_append_string(&expected, " to ");
        setting->type->format(setting->max, &expected);
    }
    return setting_fail(source, node, "'%s' is not %s", ESCAPED(text), buffer_string(&expected));
}

/* -- numbers -------------------------------------------------------------------------------- */

static void put_number(void *slot, size_t width, uint64_t value)
{
    uint32_t half = (uint32_t)value;
    bool truth = value != 0;

    if (width == sizeof(value))
        memcpy(slot, &value, width);
    else if (width == sizeof(half))
        memcpy(slot, &half, width);
    else
        memcpy(slot, &truth, sizeof(truth));
}

static uint64_t get_number(const void *slot, size_t width)
{
    uint64_t value = 0;
    uint32_t half = 0;
    bool truth = false;

    if (width == sizeof(value)) {
        memcpy(&value, slot, width);
        return value;
    }
    if (width == sizeof(half)) {
        memcpy(&half, slot, width);
        return half;
    }
    memcpy(&truth, slot, sizeof(truth));
    return truth;
}

static bool parse_number(const struct setting *setting, struct slice text, uint64_t *out)
{
    if (setting->type->parse)
        return setting->type->parse(text, out) &&
               (setting->max == 0 || (*out >= setting->min && *out <= setting->max));
    for (uint64_t i = 0; setting->words[i]; i++) {
        if (slice_equal_string(text, setting->words[i])) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool read_number(const struct setting *setting, const struct yaml_node *node, void *slot,
                        const struct setting_source *source)
{
    uint64_t value = 0;

    if (node->kind != YAML_SCALAR || node->is_null)
        return setting_fail(source, node, "expected %s", setting->type->expected);
    if (!parse_number(setting, node->text, &value))
        return refuse(setting, node, node->text, source);
    put_number(slot, setting->type->width, value);
    return true;
}

static void print_number(const struct setting *setting, const void *slot, struct buffer *out)
{
    uint64_t value = get_number(slot, setting->type->width);

    if (setting->type->format)
        setting->type->format(value, out);
    else
        (void)buffer_append_string(out, setting->words[value]);
}

/* -- texts ---------------------------------------------------------------------------------- */

static void lower(char *text)
{
    for (; *text; text++) {
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text + ('a' - 'A'));
    }
}

/* A copy the caller frees, or NULL: refused, or no memory. */
static char *copy_text(const struct setting *setting, const struct yaml_node *node,
                       struct slice text, const struct setting_source *source)
{
    if (!setting->type->accepts(text)) {
        refuse(setting, node, text, source);
        return NULL;
    }
    char *copy = slice_copy(text);
    if (!copy)
        error_no_memory(source->error);
    else if (setting->type->is_lowered)
        lower(copy);
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

/* -- lists of texts ------------------------------------------------------------------------- */

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

/* Cuts the part before the first comma off `rest`. */
static struct slice next_part(struct slice *rest)
{
    ptrdiff_t comma = slice_find(*rest, ',');
    size_t length = comma < 0 ? rest->length : (size_t)comma;
    struct slice part = slice_trim(slice_until(*rest, length));

    *rest = slice_from(*rest, length + 1);
    return part;
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
        struct slice text = is_sequence ? item->text : next_part(&rest);
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
    json_write_array_begin(&writer);
    for (size_t i = 0; i < list->count; i++)
        json_write_string(&writer, slice_from_string(list->items[i]));
    json_write_array_end(&writer);
}

/* -- what every setting can do -------------------------------------------------------------- */

bool setting_read(const struct setting *setting, const struct yaml_node *node, void *owner,
                  const struct setting_source *source)
{
    return setting->type->read(setting, node, slot_of(setting, owner), source);
}

bool setting_read_text(const struct setting *setting, struct slice text, void *owner,
                       const struct setting_source *source)
{
    struct yaml_node node = {
        .kind = YAML_SCALAR,
        .text = text,
        .is_null = text.length == 0 || slice_equal(text, SLICE("null")),
    };

    if (!setting->type->is_collection || !slice_starts_with(text, SLICE("[")))
        return setting_read(setting, &node, owner, source);
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *document = yaml_parse(text, source->name, source->error);
    return document && setting_read(setting, yaml_root(document), owner, source);
}

bool setting_read_initial(const struct setting *table, size_t count, void *owner,
                          struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct setting_source source = {table[i].name, error};
        if (!setting_read_text(&table[i], slice_from_string(table[i].initial), owner, &source))
            return false;
    }
    return true;
}

void setting_print(const struct setting *setting, const void *owner, struct buffer *out)
{
    setting->type->print(setting, (const char *)owner + setting->offset, out);
}

void setting_release(const struct setting *table, size_t count, void *owner)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].type->release)
            table[i].type->release(slot_of(&table[i], owner));
    }
}

const struct setting_type setting_boolean = {
    .expected = "true or false",
    .read = read_number,
    .print = print_number,
    .width = sizeof(bool),
    .parse = value_parse_boolean,
    .format = value_print_boolean,
};

const struct setting_type setting_count = {
    .expected = "a whole number",
    .read = read_number,
    .print = print_number,
    .width = sizeof(uint32_t),
    .parse = value_parse_count,
    .format = value_print_count,
};

const struct setting_type setting_duration = {
    .expected = "a duration such as 30s or 1h30m",
    .read = read_number,
    .print = print_number,
    .width = sizeof(int64_t),
    .parse = value_parse_duration,
    .format = value_print_duration,
};

const struct setting_type setting_size = {
    .expected = "a size such as 64MiB",
    .read = read_number,
    .print = print_number,
    .width = sizeof(uint64_t),
    .parse = value_parse_size,
    .format = value_print_size,
};

const struct setting_type setting_word = {
    .expected = "one of",
    .read = read_number,
    .print = print_number,
    .width = sizeof(enum log_level),
};

const struct setting_type setting_optional = {
    .expected = "a printable text",
    .read = read_text,
    .print = print_text,
    .release = release_text,
    .accepts = value_is_text,
    .is_optional = true,
};

const struct setting_type setting_address = {
    .expected = "an address such as 127.0.0.1:8080, [::]:8080, :8080 or unix:/path",
    .read = read_text,
    .print = print_text,
    .release = release_text,
    .accepts = value_is_address,
};

const struct setting_type setting_credentials = {
    .expected = "none, docker, or a path with a '/' in it",
    .read = read_text,
    .print = print_text,
    .release = release_text,
    .accepts = value_is_credentials,
};

const struct setting_type setting_host = {
    .expected = "a host such as registry.example.com:5000",
    .read = read_text,
    .print = print_text,
    .release = release_text,
    .accepts = value_is_host,
    .is_lowered = true,
    .is_optional = true,
};

const struct setting_type setting_host_list = {
    .expected = "a host such as auth.example.com",
    .is_collection = true,
    .read = read_list,
    .print = print_list,
    .release = release_list,
    .accepts = value_is_host,
    .is_lowered = true,
};

const struct setting_type setting_pattern_list = {
    .expected = "a host such as registry.example.com:5000, or *.example.com, or *",
    .is_collection = true,
    .read = read_list,
    .print = print_list,
    .release = release_list,
    .accepts = value_is_pattern,
    .is_lowered = true,
};

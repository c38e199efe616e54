/* SPDX-License-Identifier: Apache-2.0 */
#include "config/setting.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/escape.h"

enum {
    PHRASE_MAX = 160
};

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

bool setting_refuse(const struct setting *setting, const struct yaml_node *node, struct slice text,
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

static void *slot_of(const struct setting *setting, void *owner)
{
    return (char *)owner + setting->offset;
}

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
    struct yaml_tree *tree = yaml_parse(text, source->name, source->error);
    return tree && setting_read(setting, yaml_root(tree), owner, source);
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

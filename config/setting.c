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

bool setting_describe_values(const struct setting *setting, struct buffer *out)
{
    (void)buffer_append_string(out, setting->type->expected);
    for (const char *const *word = setting->words; word && *word; word++)
        (void)buffer_format(out, "%s %s", word == setting->words ? "" : ",", *word);
    if (setting->max) {
        (void)buffer_append_string(out, ", from ");
        setting->type->format(setting->min, out);
        (void)buffer_append_string(out, " to ");
        setting->type->format(setting->max, out);
    }
    return buffer_ok(out);
}

bool setting_refuse(const struct setting *setting, const struct yaml_node *node, struct slice text,
                    const struct setting_source *source)
{
    CLEANUP(buffer_release) struct buffer expected = BUFFER_INIT(PHRASE_MAX);

    (void)setting_describe_values(setting, &expected);
    /* S21: of a URL with a password in it, what stands behind that. */
    ptrdiff_t user_end = slice_find_last(text, '@');
    struct slice shown = user_end < 0 ? text : slice_from(text, (size_t)user_end);
    return setting_fail(source, node, "'%s%s' is not %s", user_end < 0 ? "" : "...", ESCAPED(shown),
                        buffer_string(&expected));
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

bool setting_copy(const struct setting *setting, const void *from, void *to, struct error *error)
{
    return setting->type->copy(setting, (const char *)from + setting->offset, slot_of(setting, to),
                               error);
}

void setting_lower(char *text)
{
    for (; *text; text++) {
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text + ('a' - 'A'));
    }
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

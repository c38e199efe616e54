/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types of settings that are a number in some way of writing: booleans and words too.
 */
#include <string.h>

#include "config/config.h"
#include "config/setting.h"
#include "config/value.h"

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
        return setting_refuse(setting, node, node->text, source);
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

static bool copy_number(const struct setting *setting, const void *from, void *to,
                        struct error *error)
{
    (void)error;
    memcpy(to, from, setting->type->width);
    return true;
}

const struct setting_type setting_boolean = {
    .expected = "true or false",
    .read = read_number,
    .print = print_number,
    .copy = copy_number,
    .width = sizeof(bool),
    .parse = value_parse_boolean,
    .format = value_print_boolean,
};

const struct setting_type setting_count = {
    .expected = "a whole number",
    .read = read_number,
    .print = print_number,
    .copy = copy_number,
    .width = sizeof(uint32_t),
    .parse = value_parse_count,
    .format = value_print_count,
};

const struct setting_type setting_duration = {
    .expected = "a duration such as 30s or 1h30m",
    .read = read_number,
    .print = print_number,
    .copy = copy_number,
    .width = sizeof(int64_t),
    .parse = value_parse_duration,
    .format = value_print_duration,
};

const struct setting_type setting_size = {
    .expected = "a size such as 64MiB",
    .read = read_number,
    .print = print_number,
    .copy = copy_number,
    .width = sizeof(uint64_t),
    .parse = value_parse_size,
    .format = value_print_size,
};

const struct setting_type setting_word = {
    .expected = "one of",
    .read = read_number,
    .print = print_number,
    .copy = copy_number,
    .width = sizeof(enum log_level),
};

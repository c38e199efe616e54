/* SPDX-License-Identifier: Apache-2.0 */
#include "config/value.h"

#include <string.h>

#include "base/escape.h"
#include "data/json.h"

enum {
    HOST_LENGTH_MAX = 255,
    HELPER_LENGTH_MAX = 64,
    PORT_MAX = 65535
};

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest first: so they are written, and so a number is printed in the largest that divides it. */
static const struct unit durations[] = {
    {"h", 3600000},
    {"m", 60000},
    {"s", 1000},
    {"ms", 1},
};

#define KILO UINT64_C(1000)
#define KIBI UINT64_C(1024)

static const struct unit sizes[] = {
    {"GiB", KIBI *KIBI *KIBI},
    {"GB", KILO *KILO *KILO},
    {"MiB", KIBI *KIBI},
    {"MB", KILO *KILO},
    {"KiB", KIBI},
    {"KB", KILO},
    {"", 1},
};

enum {
    DURATION_COUNT = sizeof(durations) / sizeof(durations[0]),
    SIZE_COUNT = sizeof(sizes) / sizeof(sizes[0])
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_one_of(char byte, const char *set)
{
    return byte && strchr(set, byte);
}

bool value_parse_boolean(struct slice text, uint64_t *out)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (slice_equal_string(text, words[i])) {
            *out = i % 2;
            return true;
        }
    }
    return false;
}

void value_print_boolean(uint64_t value, struct buffer *out)
{
    buffer_append_string(out, value ? "true" : "false");
}

/* The digits at the front of `rest`, which is moved behind them. */
static bool take_number(struct slice *rest, uint64_t *out)
{
    uint64_t value = 0;
    size_t i = 0;

    for (; i < rest->length && is_digit(rest->data[i]); i++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(rest->data[i] - '0'), &value))
            return false;
    }
    *rest = slice_from(*rest, i);
    *out = value;
    return i > 0;
}

/* The letters at the front of `rest`, which is moved behind them. */
static struct slice take_letters(struct slice *rest)
{
    size_t length = 0;

    while (length < rest->length && is_letter(rest->data[length]))
        length++;
    struct slice letters = slice_until(*rest, length);
    *rest = slice_from(*rest, length);
    return letters;
}

/* The index of the unit called `name` from number `first` on, or `count`. */
static size_t find_unit(const struct unit *units, size_t first, size_t count, struct slice name)
{
    size_t i = first;

    while (i < count && !slice_equal_ignoring_case(name, slice_from_string(units[i].name)))
        i++;
    return i;
}

bool value_parse_count(struct slice text, uint64_t *out)
{
    uint64_t value = 0;

    if (!take_number(&text, &value) || text.length)
        return false;
    *out = value;
    return true;
}

void value_print_count(uint64_t value, struct buffer *out)
{
    buffer_format(out, "%llu", (unsigned long long)value);
}

bool value_parse_duration(struct slice text, uint64_t *out)
{
    uint64_t total = 0;
    size_t next_unit = 0;

    if (slice_equal(text, SLICE("0"))) {
        *out = 0;
        return true;
    }
    if (text.length == 0)
        return false;
    while (text.length) {
        uint64_t number = 0;
        if (!take_number(&text, &number))
            return false;
        size_t i = find_unit(durations, next_unit, DURATION_COUNT, take_letters(&text));
        if (i == DURATION_COUNT || __builtin_mul_overflow(number, durations[i].factor, &number) ||
            __builtin_add_overflow(total, number, &total))
            return false;
        next_unit = i + 1;
    }
    *out = total;
    return true;
}

void value_print_duration(uint64_t milliseconds, struct buffer *out)
{
    if (milliseconds == 0)
        buffer_append_string(out, "0s");
    for (size_t i = 0; i < DURATION_COUNT; i++) {
        uint64_t number = milliseconds / durations[i].factor;
        if (number) {
            value_print_count(number, out);
            buffer_append_string(out, durations[i].name);
        }
        milliseconds %= durations[i].factor;
    }
}

bool value_parse_size(struct slice text, uint64_t *out)
{
    uint64_t number = 0;

    if (!take_number(&text, &number))
        return false;
    size_t i = find_unit(sizes, 0, SIZE_COUNT, text);
    if (i == SIZE_COUNT || __builtin_mul_overflow(number, sizes[i].factor, &number))
        return false;
    *out = number;
    return true;
}

void value_print_size(uint64_t bytes, struct buffer *out)
{
    size_t i = 0;

    while (bytes == 0 ? sizes[i].factor > 1 : bytes % sizes[i].factor != 0)
        i++;
    value_print_count(bytes / sizes[i].factor, out);
    buffer_append_string(out, sizes[i].name);
}

/* Not C0, DEL, C1, U+FFFE or U+FFFF: YAML 1.1 section 5.1. */
static bool is_printable(struct slice character)
{
    const unsigned char *bytes = (const unsigned char *)character.data;

    if (character.length == 1)
        return bytes[0] >= 0x20 && bytes[0] != 0x7f;
    if (character.length == 2)
        return bytes[0] != 0xc2 || bytes[1] >= 0xa0;
    if (character.length == 3)
        return bytes[0] != 0xef || bytes[1] != 0xbf || bytes[2] < 0xbe;
    return character.length == 4;
}

bool value_is_text(struct slice text)
{
    for (struct slice rest = text; rest.length;) {
        struct slice character = slice_until(rest, escape_utf8_length(rest));
        if (!is_printable(character))
            return false;
        rest = slice_from(rest, character.length);
    }
    return text.length > 0;
}

/* As ".example.com" has, which would be no host's name and no pattern either. */
static bool has_empty_label(struct slice name)
{
    char before = '.';

    for (size_t i = 0; i < name.length; before = name.data[i++]) {
        if (name.data[i] == '.' && before == '.')
            return true;
    }
    return before == '.';
}

static bool is_port(struct slice text)
{
    uint64_t port = 0;
    return value_parse_count(text, &port) && port >= 1 && port <= PORT_MAX;
}

bool value_is_host(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if (!is_digit(byte) && !is_letter(byte) && !is_one_of(byte, ".-:[]"))
            return false;
    }
    if (text.length == 0 || text.length > HOST_LENGTH_MAX)
        return false;
    if (text.data[0] == '[')
        return true;
    ptrdiff_t colon = slice_find(text, ':');
    return !has_empty_label(slice_before(text, ':')) &&
           (colon < 0 || is_port(slice_from(text, (size_t)colon + 1)));
}

bool value_is_pattern(struct slice text)
{
    if (slice_equal(text, SLICE("*")))
        return true;
    return value_is_host(slice_starts_with(text, SLICE("*.")) ? slice_from(text, 2) : text);
}

bool value_is_host_pattern(struct slice text)
{
    bool has_port = slice_find(text, ':') >= 0;

    if (slice_starts_with(text, SLICE("*")))
        return value_is_pattern(text) && !has_port;
    return value_is_host(text);
}

bool value_is_repository(struct slice text)
{
    char before = '/';

    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        bool is_word = is_digit(byte) || (byte >= 'a' && byte <= 'z');
        bool may_follow = is_one_of(byte, "._-/") && !is_one_of(before, "./");
        if (!is_word && !may_follow)
            return false;
        before = byte;
    }
    return text.length > 0 && text.length <= HOST_LENGTH_MAX && !is_one_of(before, "._-/");
}

bool value_is_helper(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if (!is_digit(byte) && !is_letter(byte) && !(i > 0 && is_one_of(byte, "_.-")))
            return false;
    }
    return text.length > 0 && text.length <= HELPER_LENGTH_MAX;
}

bool value_is_proxy(struct slice text)
{
    bool is_url =
        slice_starts_with(text, SLICE("http://")) || slice_starts_with(text, SLICE("https://")) ||
        slice_starts_with(text, SLICE("socks5://")) || slice_starts_with(text, SLICE("socks5h://"));

    if (is_url)
        return value_is_text(text) && slice_find(text, '@') < 0;
    return slice_equal(text, SLICE("none")) || slice_equal(text, SLICE("environment"));
}

bool value_is_origin(struct slice text)
{
    if (slice_starts_with(text, SLICE("http://")))
        return value_is_host(slice_from(text, 7));
    if (slice_starts_with(text, SLICE("https://")))
        return value_is_host(slice_from(text, 8));
    return slice_equal(text, SLICE("*"));
}

bool value_is_address(struct slice text)
{
    uint64_t port = 0;

    if (slice_starts_with(text, SLICE("unix:")))
        return text.length > 5 && text.data[5] == '/' && value_is_text(text);
    ptrdiff_t colon = slice_find_last(text, ':');
    return colon >= 0 && value_parse_count(slice_from(text, (size_t)colon + 1), &port) &&
           port <= PORT_MAX && (colon == 0 || value_is_host(slice_until(text, (size_t)colon)));
}

bool value_is_credentials(struct slice text)
{
    return slice_equal(text, SLICE("none")) || slice_equal(text, SLICE("docker")) ||
           (slice_find(text, '/') >= 0 && value_is_text(text));
}

static bool is_plain_scalar(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if (!is_digit(byte) && !is_letter(byte) && !is_one_of(byte, "./_-:+@"))
            return false;
    }
    bool begins_well = text.length && (is_digit(text.data[0]) || is_letter(text.data[0]) ||
                                       text.data[0] == '/' || text.data[0] == '.');
    return begins_well && text.data[text.length - 1] != ':' &&
           !slice_equal_ignoring_case(text, SLICE("null")) && !slice_equal(text, SLICE("..."));
}

void value_print_text(struct slice text, struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);

    if (is_plain_scalar(text))
        buffer_append_slice(out, text);
    else
        json_write_string(&writer, text); /* every JSON string is a YAML one */
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass: <target>, then parameters each behind a semicolon, then a comma and the next link.
 */
#include "registry/link.h"

static bool starts_with(struct slice rest, char byte)
{
    return rest.length && rest.data[0] == byte;
}

static void skip(struct slice *rest, struct slice bytes)
{
    while (rest->length && slice_find(bytes, rest->data[0]) >= 0)
        *rest = slice_from(*rest, 1);
}

/* All before the first of these bytes. */
static struct slice take_until(struct slice *rest, struct slice ends)
{
    size_t length = 0;

    while (length < rest->length && slice_find(ends, rest->data[length]) < 0)
        length++;
    struct slice taken = slice_until(*rest, length);
    *rest = slice_from(*rest, length);
    return taken;
}

/* Between quotes, where no name of a relation needs a backslash; false: the quote has no end. */
static bool take_quoted(struct slice *rest, struct slice *out)
{
    size_t length = 1;

    while (length < rest->length && rest->data[length] != '"')
        length += rest->data[length] == '\\' ? 2 : 1;
    if (length >= rest->length)
        return false;
    *out = slice_from(slice_until(*rest, length), 1);
    *rest = slice_from(*rest, length + 1);
    return true;
}

static bool take_value(struct slice *rest, struct slice *out)
{
    if (starts_with(*rest, '"'))
        return take_quoted(rest, out);
    *out = take_until(rest, SLICE(" \t;,"));
    return true;
}

/* Relations are words between blanks. */
static bool names_next(struct slice relations)
{
    while (relations.length) {
        skip(&relations, SLICE(" \t"));
        if (slice_equal_ignoring_case(take_until(&relations, SLICE(" \t")), SLICE("next")))
            return true;
    }
    return false;
}

/* From behind the target to behind the last parameter. Of several "rel" only the first counts. */
static bool take_parameters(struct slice *rest, bool *is_next)
{
    bool has_relation = false;

    skip(rest, SLICE(" \t"));
    while (starts_with(*rest, ';')) {
        struct slice value = {0};
        skip(rest, SLICE("; \t"));
        struct slice name = take_until(rest, SLICE("=;, \t"));
        skip(rest, SLICE(" \t"));
        if (starts_with(*rest, '=')) {
            *rest = slice_from(*rest, 1);
            skip(rest, SLICE(" \t"));
            if (!take_value(rest, &value))
                return false;
        }
        if (!has_relation && slice_equal_ignoring_case(name, SLICE("rel"))) {
            has_relation = true;
            *is_next = names_next(value);
        }
        skip(rest, SLICE(" \t"));
    }
    return rest->length == 0 || starts_with(*rest, ',');
}

bool link_find_next(struct slice header, struct slice *out)
{
    struct slice rest = header;

    for (;;) {
        bool is_next = false;
        skip(&rest, SLICE(", \t"));
        ptrdiff_t end = slice_find(rest, '>');
        if (!starts_with(rest, '<') || end < 0)
            return false;
        struct slice target = slice_from(slice_until(rest, (size_t)end), 1);
        rest = slice_from(rest, (size_t)end + 1);
        if (!take_parameters(&rest, &is_next))
            return false;
        if (is_next) {
            *out = target;
            return true;
        }
    }
}

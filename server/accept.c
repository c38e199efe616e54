/* SPDX-License-Identifier: Apache-2.0 */
#include "server/accept.h"

/* Cuts off what stands before `separator`, without blanks around it. */
static struct slice next_part(struct slice *rest, char separator)
{
    return slice_trim(slice_take_part(rest, separator));
}

/* "0.375" -> 375: at most three decimals, none above 1. */
static unsigned parse_quality(struct slice text)
{
    if (text.length == 0 || text.length > 5 || (text.data[0] != '0' && text.data[0] != '1'))
        return 0;
    unsigned quality = text.data[0] == '1' ? 1000 : 0;
    unsigned weight = 100;

    for (size_t i = 2; i < text.length; i++) {
        if (text.data[1] != '.' || text.data[i] < '0' || text.data[i] > '9')
            return 0;
        quality += weight * (unsigned)(text.data[i] - '0');
        weight /= 10;
    }
    return quality > 1000 ? 1000 : quality;
}

/* Of "text/plain; format=flowed; q=0.5" what follows the type. */
static unsigned range_quality(struct slice parameters)
{
    while (parameters.length) {
        struct slice value = next_part(&parameters, ';');
        struct slice name = next_part(&value, '=');
        if (slice_equal_ignoring_case(name, SLICE("q")))
            return parse_quality(slice_trim(value));
    }
    return 1000;
}

/* 3: the type itself, 2: its family, 1: anything, 0: another. */
static unsigned range_closeness(struct slice range, struct slice type)
{
    size_t family = (size_t)slice_find(type, '/') + 1; /* with the slash */

    if (slice_equal_ignoring_case(range, type))
        return 3;
    if (slice_equal(range, SLICE("*/*")))
        return 1;
    if (range.length != family + 1 || range.data[family] != '*')
        return 0;
    return slice_equal_ignoring_case(slice_until(range, family), slice_until(type, family)) ? 2 : 0;
}

unsigned accept_quality(struct slice header, struct slice type)
{
    unsigned closest = 0;
    unsigned quality = slice_trim(header).length ? 0 : 1000;

    while (header.length) {
        struct slice parameters = next_part(&header, ',');
        unsigned closeness = range_closeness(next_part(&parameters, ';'), type);
        if (closeness > closest) {
            closest = closeness;
            quality = range_quality(parameters);
        }
    }
    return quality;
}

bool accept_names(struct slice header, struct slice type)
{
    while (header.length) {
        struct slice parameters = next_part(&header, ',');
        if (slice_equal_ignoring_case(next_part(&parameters, ';'), type))
            return true;
    }
    return false;
}

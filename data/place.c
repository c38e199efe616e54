/* SPDX-License-Identifier: Apache-2.0 */
#include "data/place.h"

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

struct place place_after(struct place from, struct slice passed)
{
    for (size_t i = 0; i < passed.length; i++) {
        if (passed.data[i] == '\n')
            from = (struct place){from.line + 1, 1};
        else if (!is_continuation(passed.data[i]))
            from.column++;
    }
    return from;
}

struct place place_find(struct slice text, size_t offset)
{
    return place_after((struct place){1, 1}, slice_until(text, offset));
}

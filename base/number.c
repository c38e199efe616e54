/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

bool number_parse(struct slice text, unsigned max, unsigned *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < text.length && value <= max; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.data[i] - '0');
    }
    if (text.length == 0 || value > max)
        return false;
    *out = (unsigned)value;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/timestamp.h"

#include <time.h>

enum {
    MINUTE_S = 60,
    HOUR_S = 3600
};

/* Takes `digits` digits and, where it is not NUL, the character after them. */
static bool take_number(struct slice *rest, size_t digits, const char *after, int *out)
{
    int number = 0;

    if (rest->length < digits + (*after != '\0'))
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (rest->data[i] < '0' || rest->data[i] > '9')
            return false;
        number = 10 * number + (rest->data[i] - '0');
    }
    *rest = slice_from(*rest, digits);
    if (*after != '\0') {
        if (!strchr(after, rest->data[0]))
            return false;
        *rest = slice_from(*rest, 1);
    }
    *out = number;
    return true;
}

static bool take_date_and_time(struct slice *rest, struct tm *out)
{
    if (!take_number(rest, 4, "-", &out->tm_year) || !take_number(rest, 2, "-", &out->tm_mon) ||
        !take_number(rest, 2, "Tt ", &out->tm_mday) || !take_number(rest, 2, ":", &out->tm_hour) ||
        !take_number(rest, 2, ":", &out->tm_min) || !take_number(rest, 2, "", &out->tm_sec))
        return false;
    bool is_date = out->tm_mon >= 1 && out->tm_mon <= 12 && out->tm_mday >= 1 && out->tm_mday <= 31;
    out->tm_year -= 1900;
    out->tm_mon -= 1;
    return is_date && out->tm_hour < 24 && out->tm_min < 60 && out->tm_sec <= 60;
}

/* ".5": digits beyond milliseconds are dropped. False: a point without any. */
static bool take_fraction(struct slice *rest, int *ms)
{
    int unit = 100;
    size_t length = 1;

    *ms = 0;
    if (!slice_starts_with(*rest, SLICE(".")))
        return true;
    for (; length < rest->length && rest->data[length] >= '0' && rest->data[length] <= '9';
         length++, unit /= 10)
        *ms += unit * (rest->data[length] - '0');
    *rest = slice_from(*rest, length);
    return length > 1;
}

/* All that is left: "Z" or "+01:00", in seconds. */
static bool read_zone(struct slice rest, int *out)
{
    bool is_west = slice_starts_with(rest, SLICE("-"));
    int hours = 0;
    int minutes = 0;

    *out = 0;
    if (slice_equal_ignoring_case(rest, SLICE("z")))
        return true;
    if (!is_west && !slice_starts_with(rest, SLICE("+")))
        return false;
    rest = slice_from(rest, 1);
    if (!take_number(&rest, 2, ":", &hours) || !take_number(&rest, 2, "", &minutes) ||
        rest.length > 0 || hours > 23 || minutes > 59)
        return false;
    *out = (is_west ? -1 : 1) * (hours * HOUR_S + minutes * MINUTE_S);
    return true;
}

bool timestamp_read(struct slice text, int64_t *out)
{
    struct tm parts = {.tm_isdst = 0};
    int ms = 0;
    int zone = 0;

    if (!take_date_and_time(&text, &parts) || !take_fraction(&text, &ms) || !read_zone(text, &zone))
        return false;
    *out = ((int64_t)timegm(&parts) - zone) * 1000 + ms;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of days and months are those of the C locale, which the daemon never leaves.
 */
#include "server/http_date.h"

#include <time.h>

enum {
    DATE_SIZE = 40 /* the longest: "Wednesday, 06-Nov-94 08:49:37 GMT" */
};

#define FORMAT "%a, %d %b %Y %H:%M:%S GMT"

static const char *const formats[] = {
    FORMAT,
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %e %H:%M:%S %Y",
};

bool http_date_write(int64_t seconds, struct buffer *out)
{
    char text[DATE_SIZE];
    struct tm parts;
    time_t time = seconds;

    return gmtime_r(&time, &parts) && strftime(text, sizeof(text), FORMAT, &parts) > 0 &&
           buffer_append_string(out, text);
}

bool http_date_read(struct slice text, int64_t *seconds)
{
    char copy[DATE_SIZE] = {0};

    if (text.length >= sizeof(copy) || slice_find(text, '\0') >= 0)
        return false;
    if (text.length > 0)
        memcpy(copy, text.data, text.length);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct tm parts = {0};
        const char *end = strptime(copy, formats[i], &parts);
        if (end && *end == '\0') {
            *seconds = timegm(&parts);
            return true;
        }
    }
    return false;
}

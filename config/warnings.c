/* SPDX-License-Identifier: Apache-2.0 */
#include "config/warnings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WARNINGS_MAX = sizeof((struct config_warnings){0}.lines) / sizeof(char *),
    LINE_MAX_BYTES = 256
};

void warnings_add(struct config_warnings *warnings, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list arguments;

    if (!warnings || warnings->count == WARNINGS_MAX)
        return;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    bool is_last = warnings->count + 1 == WARNINGS_MAX;
    char *copy = strdup(is_last ? "further warnings are left out" : line);
    if (copy) /* a warning is not worth failing for */
        warnings->lines[warnings->count++] = copy;
}

void config_warnings_release(struct config_warnings *warnings)
{
    for (size_t i = 0; i < warnings->count; i++)
        free(warnings->lines[i]);
    warnings->count = 0;
}

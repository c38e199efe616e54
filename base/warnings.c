/* SPDX-License-Identifier: Apache-2.0 */
#include "base/warnings.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_SIZE = 256
};

static bool is_there(const struct warnings *warnings, const char *line)
{
    for (size_t i = 0; i < warnings->count; i++) {
        if (strcmp(warnings->lines[i], line) == 0)
            return true;
    }
    return false;
}

void warnings_add(struct warnings *warnings, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (!warnings || warnings->count == WARNINGS_MAX || is_there(warnings, line))
        return;
    bool is_last = warnings->count + 1 == WARNINGS_MAX;
    char *copy = strdup(is_last ? "further warnings are left out" : line);
    if (copy) /* a warning is not worth failing for */
        warnings->lines[warnings->count++] = copy;
}

void warnings_move(struct warnings *to, struct warnings *from)
{
    for (size_t i = 0; i < from->count; i++)
        warnings_add(to, "%s", from->lines[i]);
    warnings_release(from);
}

void warnings_release(struct warnings *warnings)
{
    for (size_t i = 0; i < warnings->count; i++)
        free(warnings->lines[i]);
    warnings->count = 0;
}

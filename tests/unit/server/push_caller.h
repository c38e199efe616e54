/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request for /push with headers of a test's choice, for tests that need no door to answer it.
 */
#ifndef TESTS_SERVER_PUSH_CALLER_H
#define TESTS_SERVER_PUSH_CALLER_H

#include <string.h>

#include "server/request.h"

enum {
    CALLER_HEADERS_MAX = 4
};

struct caller {
    struct request request;
    const char *headers[CALLER_HEADERS_MAX][2]; /* name in lower case, value */
};

static inline struct slice caller_header(const struct request *request, const char *name,
                                         size_t *count)
{
    const struct caller *caller = (const struct caller *)(const void *)request;
    struct slice first = {0};
    size_t found = 0;

    for (size_t i = 0; i < CALLER_HEADERS_MAX && caller->headers[i][0]; i++) {
        if (strcmp(caller->headers[i][0], name) == 0 && found++ == 0)
            first = slice_from_string(caller->headers[i][1]);
    }
    if (count)
        *count = found;
    return first;
}

static const struct request_door caller_door = {.header = caller_header};

#endif

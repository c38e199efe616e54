/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/exit.h"

static const enum exit_status statuses[ERROR_CODE_COUNT] = {
    [ERROR_NONE] = EXIT_YES,
    [ERROR_INVALID] = EXIT_INVALID,
    [ERROR_UNAUTHORIZED] = EXIT_DENIED,
    [ERROR_FORBIDDEN] = EXIT_DENIED,
    [ERROR_DENIED] = EXIT_DENIED,
    [ERROR_NOT_FOUND] = EXIT_NOT_FOUND,
    [ERROR_CONFLICT] = EXIT_LATER,
    [ERROR_TOO_LARGE] = EXIT_UNSUPPORTED,
    [ERROR_UNSUPPORTED] = EXIT_UNSUPPORTED,
    [ERROR_QUOTA] = EXIT_LATER,
    [ERROR_RATE_LIMITED] = EXIT_LATER,
    [ERROR_OVERLOADED] = EXIT_LATER,
    [ERROR_DRAINING] = EXIT_LATER,
    [ERROR_UPSTREAM] = EXIT_UPSTREAM,
    [ERROR_TIMEOUT] = EXIT_UPSTREAM,
    [ERROR_INTERNAL] = EXIT_INTERNAL,
    /* Answers of a service to something mquery never asks: that URL is not a mqueryd's. */
    [ERROR_NO_ROUTE] = EXIT_UPSTREAM,
    [ERROR_METHOD] = EXIT_UPSTREAM,
    [ERROR_ONLY_IF_CACHED] = EXIT_UPSTREAM,
    [ERROR_MEDIA_TYPE] = EXIT_UPSTREAM,
};

enum exit_status exit_status_of(enum error_code code)
{
    return code < ERROR_CODE_COUNT ? statuses[code] : EXIT_INTERNAL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const code_names[ERROR_CODE_COUNT] = {
    [ERROR_NONE] = "none",
    [ERROR_INVALID] = "invalid",
    [ERROR_UNAUTHORIZED] = "unauthorized",
    [ERROR_FORBIDDEN] = "forbidden",
    [ERROR_DENIED] = "denied",
    [ERROR_NOT_FOUND] = "not_found",
    [ERROR_NO_ROUTE] = "no_route",
    [ERROR_METHOD] = "method",
    [ERROR_ONLY_IF_CACHED] = "only_if_cached",
    [ERROR_CONFLICT] = "conflict",
    [ERROR_TOO_LARGE] = "too_large",
    [ERROR_MEDIA_TYPE] = "media_type",
    [ERROR_UNSUPPORTED] = "unsupported",
    [ERROR_QUOTA] = "quota",
    [ERROR_RATE_LIMITED] = "rate_limited",
    [ERROR_OVERLOADED] = "overloaded",
    [ERROR_DRAINING] = "draining",
    [ERROR_UPSTREAM] = "upstream",
    [ERROR_TIMEOUT] = "timeout",
    [ERROR_INTERNAL] = "internal",
};

const char *error_code_name(enum error_code code)
{
    return code < ERROR_CODE_COUNT ? code_names[code] : "internal";
}

bool error_set(struct error *error, enum error_code code, const char *format, ...)
{
    va_list arguments;

    error->code = code;
    error->retry_after = 0;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    return false;
}

bool error_no_memory(struct error *error)
{
    return error_set(error, ERROR_INTERNAL, "out of memory");
}

bool error_draining(struct error *error)
{
    return error_set(error, ERROR_DRAINING, "the service is shutting down");
}

void error_prefix(struct error *error, const char *format, ...)
{
    char prefix[sizeof(error->message)];
    char message[sizeof(error->message)];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(prefix, sizeof(prefix), format, arguments);
    va_end(arguments);
    memcpy(message, error->message, sizeof(message));

    size_t used = strlen(prefix);
    size_t rest = sizeof(error->message) - 1 - used;
    size_t length = strnlen(message, sizeof(message));
    if (length > rest)
        length = rest;
    memcpy(error->message, prefix, used);
    memcpy(error->message + used, message, length);
    error->message[used + length] = '\0';
}

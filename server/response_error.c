/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors as responses.
 */
#include "data/json.h"
#include "server/response.h"

enum {
    ERROR_BODY_MAX = 2048, /* a message is 255 bytes, each at most 6 when escaped */
    LONG_ERROR_BODY_MAX = 1024 * 1024,
    RETRY_AFTER_TEXT_MAX = 16
};

struct error_form {
    unsigned status;
    bool says_when_to_retry; /* Retry-After always, at least 1 */
};

/* docs/api.md's table of answers. */
static const struct error_form error_forms[ERROR_CODE_COUNT] = {
    [ERROR_NONE] = {500, false},           [ERROR_INVALID] = {400, false},
    [ERROR_UNAUTHORIZED] = {401, false},   [ERROR_FORBIDDEN] = {403, false},
    [ERROR_DENIED] = {403, false},         [ERROR_NOT_FOUND] = {404, false},
    [ERROR_NO_ROUTE] = {404, false},       [ERROR_METHOD] = {405, false},
    [ERROR_ONLY_IF_CACHED] = {504, false}, [ERROR_CONFLICT] = {409, false},
    [ERROR_TOO_LARGE] = {422, false},      [ERROR_MEDIA_TYPE] = {415, false},
    [ERROR_UNSUPPORTED] = {422, false},    [ERROR_QUOTA] = {429, true},
    [ERROR_RATE_LIMITED] = {503, true},    [ERROR_OVERLOADED] = {503, true},
    [ERROR_DRAINING] = {503, true},        [ERROR_UPSTREAM] = {502, false},
    [ERROR_TIMEOUT] = {504, false},        [ERROR_INTERNAL] = {500, false},
};

unsigned response_status(enum error_code code)
{
    return code < ERROR_CODE_COUNT ? error_forms[code].status : 500;
}

static void add_retry_after(struct response *response, const struct error *error)
{
    CLEANUP(buffer_release) struct buffer seconds = BUFFER_INIT(RETRY_AFTER_TEXT_MAX);
    uint32_t wait = error->retry_after;

    if (wait == 0 && error_forms[error->code].says_when_to_retry)
        wait = 1;
    if (wait > 0 && buffer_append_integer(&seconds, wait))
        response_set_header(response, "Retry-After", buffer_string(&seconds));
}

/* RFC 6750, section 3. */
static void add_challenge(struct response *response, enum error_code code)
{
    if (code == ERROR_UNAUTHORIZED)
        response_set_literal(response, "WWW-Authenticate", "Bearer realm=\"mqueryd\"");
}

static void write_error(struct json_writer *writer, const struct error *error)
{
    json_write_member(writer, "error", error->message);
    json_write_member(writer, "code", error_code_name(error->code));
}

static struct response *error_response(unsigned status, const struct error *error,
                                       struct buffer *body)
{
    struct response *response = response_json(status, body);

    response_set_error(response, error->code);
    response_set_literal(response, "Cache-Control", "no-store");
    add_retry_after(response, error);
    add_challenge(response, error->code);
    return response;
}

struct response *response_from_error_as(unsigned status, const struct error *error)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(ERROR_BODY_MAX);
    struct json_writer writer = json_writer_begin(&body, JSON_COMPACT);

    json_write_object_begin(&writer);
    write_error(&writer, error);
    json_write_object_end(&writer);
    return error_response(status, error, &body);
}

struct response *response_from_error(const struct error *error)
{
    return response_from_error_as(response_status(error->code), error);
}

struct response *response_from_error_and(const struct error *error,
                                         void (*write_more)(struct json_writer *writer,
                                                            const void *context),
                                         const void *context)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(LONG_ERROR_BODY_MAX);
    struct json_writer writer = json_writer_begin(&body, JSON_COMPACT);

    json_write_object_begin(&writer);
    write_error(&writer, error);
    write_more(&writer, context);
    json_write_object_end(&writer);
    return error_response(response_status(error->code), error, &body);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/problem.h"

#include "data/json.h"
#include "server/accept.h"
#include "server/rate_limits.h"
#include "server/response.h"

enum {
    BODY_MAX = 2 * 1024 * 1024, /* of the longest error twice */
    INSTANCE_MAX = 128
};

#define REGISTERED "https://iana.org/assignments/http-problem-types#"

struct phrase {
    unsigned status;
    const char *text;
};

/* RFC 9457, section 4.2.1: the title of "about:blank" is the status' own phrase. */
static const struct phrase phrases[] = {
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

static const char *phrase_of(unsigned status)
{
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        if (phrases[i].status == status)
            return phrases[i].text;
    }
    return "Error";
}

static const char *type_of(unsigned status)
{
    if (status == 429)
        return REGISTERED "quota-exceeded";
    return status == 503 ? REGISTERED "temporary-reduced-capacity" : "about:blank";
}

bool problem_is_accepted(struct slice accept)
{
    if (slice_trim(accept).length == 0 || !accept_names(accept, SLICE("application/problem+json")))
        return false;
    unsigned quality = accept_quality(accept, SLICE("application/problem+json"));
    return quality > 0 && quality >= accept_quality(accept, SLICE("application/json"));
}

/* draft-ietf-httpapi-ratelimit-headers: which of our limits; a registry's are not for us to name.
 */
static void write_policies(struct json_writer *writer, const struct json *error)
{
    if (!slice_equal_string(json_get_string(error, "code"), error_code_name(ERROR_QUOTA)))
        return;
    json_write_key(writer, "violated-policies");
    json_write_array_begin(writer);
    json_write_string(writer, SLICE(RATE_LIMITS_POLICY));
    json_write_array_end(writer);
}

static void write_problem(struct json_writer *writer, const struct json *error, unsigned status,
                          const char *request_id)
{
    CLEANUP(buffer_release) struct buffer instance = BUFFER_INIT(INSTANCE_MAX);

    json_write_object_begin(writer);
    json_write_members(writer, error);
    json_write_member(writer, "type", type_of(status));
    json_write_member(writer, "title", phrase_of(status));
    json_write_key(writer, "status");
    json_write_integer(writer, (int64_t)status);
    json_write_member_slice(writer, "detail", json_get_string(error, "error"));
    if (request_id[0] != '\0' && buffer_format(&instance, "urn:request:%s", request_id))
        json_write_member(writer, "instance", buffer_string(&instance));
    write_policies(writer, error);
    json_write_object_end(writer);
}

void problem_response(struct response *response, const char *request_id)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX);
    struct json_writer writer = json_writer_begin(&body, JSON_COMPACT);
    struct error ignored;

    CLEANUP(json_free_p)
    struct json *error = json_parse(slice_of(response->body, response->body_length), &ignored);
    if (json_kind(error) != JSON_OBJECT)
        return;
    write_problem(&writer, error, response->status, request_id);
    if (buffer_ok(&body))
        response_set_body(response, "application/problem+json", &body);
}

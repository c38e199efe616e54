/* SPDX-License-Identifier: Apache-2.0 */
#include "server/request.h"

#include "base/escape.h"
#include "server/response.h"
#include "server/snapshot.h"

enum {
    PARAMETER_NAME_MAX = 64 /* decoded; a longer name is none of ours */
};

static const char *const method_names[] = {
    [METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",   [METHOD_POST] = "POST",
    [METHOD_OPTIONS] = "OPTIONS", [METHOD_OTHER] = "other",
};

const char *method_name(enum method method)
{
    return method_names[method];
}

enum method method_parse(const char *name)
{
    unsigned method = METHOD_GET;

    while (method < METHOD_OTHER && strcmp(method_names[method], name) != 0)
        method++;
    return (enum method)method;
}

/* Without "http://authority". */
static struct slice target_without_origin(struct slice target)
{
    size_t authority = 0;

    if (!slice_starts_with(target, SLICE("http://")) &&
        !slice_starts_with(target, SLICE("https://")))
        return target;
    struct slice rest = slice_from(target, (size_t)slice_find(target, '/') + 2);
    while (authority < rest.length && rest.data[authority] != '/' && rest.data[authority] != '?')
        authority++;
    return slice_from(rest, authority);
}

void request_set_target(struct request *request, struct slice target)
{
    struct slice local = target_without_origin(target);

    request->path = slice_before(local, '?');
    request->query = slice_from(local, request->path.length + 1);
    if (request->path.length == 0)
        request->path = SLICE("/");
}

struct slice request_header(const struct request *request, const char *name)
{
    return request->door->header(request, name, NULL);
}

struct list_reader {
    struct slice name;
    struct buffer *out;
};

static void add_line(void *context, struct slice name, struct slice value)
{
    const struct list_reader *reader = context;

    if (!slice_equal_ignoring_case(name, reader->name))
        return;
    if (reader->out->length > 0)
        (void)buffer_append_string(reader->out, ", ");
    (void)buffer_append_slice(reader->out, value);
}

/* Most requests have none of these headers, and nearly all others one line: that costs nothing. */
struct slice request_header_list(const struct request *request, const char *name,
                                 struct buffer *joined)
{
    struct list_reader reader = {slice_from_string(name), joined};
    struct slice first = request_header(request, name);
    size_t count = 0;

    if (first.data)
        (void)request->door->header(request, name, &count);
    if (count < 2 || !request->door->each_header)
        return first;
    request->door->each_header(request, add_line, &reader);
    return buffer_ok(joined) ? buffer_slice(joined) : first;
}

bool request_is_wanted(const struct request *request)
{
    return !request->door->is_wanted || request->door->is_wanted(request);
}

const struct config *request_config(const struct request *request)
{
    return request->snapshot->config;
}

void request_release(struct request *request)
{
    body_release(&request->body);
    preferences_release(&request->preferences);
    snapshot_unref(TAKE(request->snapshot));
}

struct response *request_prepare(struct request *request, struct response *response)
{
    response = preferences_heed(&request->preferences, request, response);
    request->preferences.change_answers = false;
    return response;
}

void request_respond(struct request *request, struct response *response)
{
    response = request_prepare(request, response);
    request_release(request);
    request->door->respond(request, response);
}

void request_fail(struct request *request, const struct error *error)
{
    request_respond(request, response_from_error(error));
}

/* Most names come as they are; `im%61ge` is image all the same. */
static bool parameter_has_name(struct slice written, const char *name)
{
    CLEANUP(buffer_release) struct buffer decoded = BUFFER_INIT(PARAMETER_NAME_MAX);

    if (slice_equal_string(written, name))
        return true;
    if (slice_find(written, '%') < 0)
        return false;
    return escape_percent_decode(&decoded, written, true) &&
           slice_equal_string(buffer_slice(&decoded), name);
}

/* Takes the next NAME=VALUE off `rest`. False at the end. */
static bool next_parameter(struct slice *rest, struct slice *name, struct slice *value)
{
    if (rest->length == 0)
        return false;
    *value = slice_take_part(rest, '&');
    *name = slice_take_part(value, '=');
    return true;
}

static bool decode_parameter(struct slice written, const char *name, struct buffer *out,
                             struct error *error)
{
    if (escape_percent_decode(out, written, true))
        return true;
    if (out->state == BUFFER_FULL)
        return error_set(error, ERROR_INVALID, "'%s' is longer than %zu bytes", name, out->ceiling);
    if (out->state == BUFFER_NO_MEMORY)
        return error_no_memory(error);
    return error_set(error, ERROR_INVALID, "'%s' has a broken percent-escape, or a NUL in it",
                     name);
}

bool request_parameter(const struct request *request, const char *name, struct buffer *out,
                       struct error *error)
{
    struct slice rest = request->query;
    struct slice key = {0};
    struct slice value = {0};
    struct slice found = {0};
    unsigned count = 0;

    error->code = ERROR_NONE;
    while (next_parameter(&rest, &key, &value)) {
        if (parameter_has_name(key, name)) {
            found = value;
            count++;
        }
    }
    if (count == 0)
        return false;
    if (count > 1) {
        return error_set(error, ERROR_INVALID, "'%s' is given %u times; ask for one at a time",
                         name, count);
    }
    buffer_clear(out);
    return decode_parameter(found, name, out, error);
}

bool request_optional(const struct request *request, const char *name, struct buffer *out,
                      struct error *error)
{
    if (!request_parameter(request, name, out, error))
        return error->code == ERROR_NONE;
    return out->length > 0 || error_set(error, ERROR_INVALID, "'%s' is empty", name);
}

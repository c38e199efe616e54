/* SPDX-License-Identifier: Apache-2.0 */
#include "server/request.h"

#include "base/escape.h"
#include "server/response.h"

enum {
    PARAMETER_NAME_MAX = 64 /* decoded; a longer name is none of ours */
};

/* Without "scheme://authority"; the empty path of "http://host" is "/". */
static struct slice target_without_origin(struct slice target)
{
    if (target.length == 0 || target.data[0] == '/')
        return target;
    for (size_t i = 0; i + 2 < target.length; i++) {
        if (target.data[i] == '/' || target.data[i] == '?')
            return target;
        if (target.data[i] == ':' && target.data[i + 1] == '/' && target.data[i + 2] == '/') {
            struct slice rest = slice_from(target, i + 3);
            ptrdiff_t path = slice_find(rest, '/');
            return path < 0 ? SLICE("/") : slice_from(rest, (size_t)path);
        }
    }
    return target;
}

void request_set_target(struct request *request, struct slice target)
{
    struct slice local = target_without_origin(target);
    ptrdiff_t mark = slice_find(local, '?');

    request->path = mark < 0 ? local : slice_until(local, (size_t)mark);
    request->query = mark < 0 ? (struct slice){0} : slice_from(local, (size_t)mark + 1);
}

struct slice request_header(const struct request *request, const char *name)
{
    return request->door->header(request, name, NULL);
}

void request_respond(struct request *request, struct response *response)
{
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
    ptrdiff_t end = slice_find(*rest, '&');
    struct slice pair = end < 0 ? *rest : slice_until(*rest, (size_t)end);
    ptrdiff_t equals = slice_find(pair, '=');

    *rest = slice_from(*rest, pair.length + 1);
    *name = equals < 0 ? pair : slice_until(pair, (size_t)equals);
    *value = equals < 0 ? (struct slice){0} : slice_from(pair, (size_t)equals + 1);
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

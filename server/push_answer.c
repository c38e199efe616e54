/* SPDX-License-Identifier: Apache-2.0 */
#include "data/json.h"
#include "server/push_core.h"
#include "server/response.h"

struct response *push_answer(const struct push *push)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(PUSH_JSON_MAX);

    (void)push_write_json(push->spec, &push->result, push->order.is_dry_run, &body);
    struct response *response = response_json(STATUS_OK, &body);
    response_set_literal(response, "Cache-Control", "no-store");
    return response;
}

/* -- errors --------------------------------------------------------------------------------- */

static void write_pushed(struct json_writer *writer, const struct push *push)
{
    json_write_key(writer, "pushed");
    json_write_array_begin(writer);
    for (size_t i = 0; i <= push->spec->tag_count; i++) {
        struct reference tagged = push_tag(push->spec, i);
        if (push->is_tagged[i])
            json_write_string(writer, slice_from_string(reference_target(&tagged)));
    }
    json_write_array_end(writer);
}

static void write_what_is_there(struct json_writer *writer, const void *context)
{
    const struct push *push = context;

    write_pushed(writer, push);
    push_write_warnings(push->spec, &push->result, writer);
}

/* Where something was written a pipeline is told which tags have the new content. */
struct response *push_answer_from_error(const struct push *push, const struct error *error)
{
    const struct push_result *result = &push->result;
    bool has_written =
        result->tags_pushed + result->children + result->copied + result->mounted > 0;

    return has_written ? response_from_error_and(error, write_what_is_there, push)
                       : response_from_error(error);
}

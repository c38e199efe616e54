/* SPDX-License-Identifier: Apache-2.0 */
#include "data/json.h"
#include "server/push_core.h"
#include "server/response.h"

enum {
    ANSWER_MAX = 32 * 1024 * 1024 /* a list of 4 MiB, each byte of it escaped at the worst */
};

static void write_tags(struct json_writer *writer, const char *key, const struct push *push)
{
    json_write_key(writer, key);
    json_write_array_begin(writer);
    for (size_t i = 0; i <= push->spec->tag_count; i++) {
        struct reference tagged = push_tag(push->spec, i);
        if (push->is_tagged[i])
            json_write_string(writer, slice_from_string(reference_target(&tagged)));
    }
    json_write_array_end(writer);
}

static void write_lines(struct json_writer *writer, const struct warnings *warnings)
{
    for (size_t i = 0; i < warnings->count; i++)
        json_write_string(writer, slice_from_string(warnings->lines[i]));
}

static void write_warnings(struct json_writer *writer, const struct push *push)
{
    json_write_key(writer, "warnings");
    json_write_array_begin(writer);
    write_lines(writer, &push->spec->warnings);
    write_lines(writer, &push->result.warnings);
    json_write_array_end(writer);
}

struct response *push_answer(const struct push *push)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(ANSWER_MAX);
    struct json_writer writer = json_writer_begin(&body, JSON_COMPACT);
    const struct push_result *result = &push->result;

    json_write_object_begin(&writer);
    json_write_member(&writer, "digest", result->digest.text);
    json_write_key(&writer, "size");
    json_write_integer(&writer, (int64_t)result->list.length);
    json_write_member(&writer, "mediatype", result->media_type);
    json_write_member(&writer, "image", push->spec->image);
    write_tags(&writer, "tags", push);
    write_warnings(&writer, push);
    if (push->order.is_dry_run) {
        json_write_key(&writer, "dry_run");
        json_write_boolean(&writer, true);
        json_write_member_slice(&writer, "manifest", buffer_slice(&result->list));
    }
    json_write_object_end(&writer);

    struct response *response = response_json(200, &body);
    response_set_literal(response, "Cache-Control", "no-store");
    return response;
}

/* -- errors --------------------------------------------------------------------------------- */

static void write_what_is_there(struct json_writer *writer, const void *context)
{
    write_tags(writer, "pushed", context);
    write_warnings(writer, context);
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

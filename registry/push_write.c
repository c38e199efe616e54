/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What came of a push, for programs: `mquery push --json` and POST /push.
 */
#include "data/json.h"
#include "registry/push.h"

/* The target's own first. A push that went well has set them all, a dry run none. */
static void write_tags(const struct spec *spec, const struct push_result *result,
                       struct json_writer *writer)
{
    json_write_key(writer, "tags");
    json_write_array_begin(writer);
    for (size_t i = 0; i < result->tags_pushed; i++) {
        const char *tag = i == 0 ? reference_target(spec->target) : spec->tags[i - 1];
        json_write_string(writer, slice_from_string(tag));
    }
    json_write_array_end(writer);
}

static void write_lines(const struct warnings *warnings, struct json_writer *writer)
{
    for (size_t i = 0; i < warnings->count; i++)
        json_write_string(writer, slice_from_string(warnings->lines[i]));
}

void push_write_warnings(const struct spec *spec, const struct push_result *result,
                         struct json_writer *writer)
{
    json_write_key(writer, "warnings");
    json_write_array_begin(writer);
    write_lines(&spec->warnings, writer);
    write_lines(&result->warnings, writer);
    json_write_array_end(writer);
}

bool push_write_json(const struct spec *spec, const struct push_result *result, bool is_dry_run,
                     struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);

    json_write_object_begin(&writer);
    json_write_member(&writer, "digest", result->digest.text);
    json_write_key(&writer, "size");
    json_write_integer(&writer, (int64_t)result->list.length);
    json_write_member(&writer, "mediatype", result->media_type);
    json_write_member(&writer, "image", spec->image);
    write_tags(spec, result, &writer);
    push_write_warnings(spec, result, &writer);
    if (is_dry_run) {
        json_write_key(&writer, "dry_run");
        json_write_boolean(&writer, true);
        json_write_member_slice(&writer, "manifest", buffer_slice(&result->list));
    }
    json_write_object_end(&writer);
    return buffer_ok(out);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/batch_line.h"

#include "data/json.h"
#include "server/response.h"

static void write_number(struct json_writer *writer, const char *key, size_t number)
{
    json_write_key(writer, key);
    json_write_integer(writer, (int64_t)number);
}

/* "error" and "code", as a lone question would have been told. */
static void write_failure(struct json_writer *writer, const struct response *response)
{
    struct error ignored;
    CLEANUP(json_free_p)
    struct json *error = json_parse(slice_of(response->body, response->body_length), &ignored);
    const char *wait = response_header(response, "Retry-After");

    json_write_members(writer, error);
    if (wait) {
        json_write_key(writer, "retry_after");
        json_write_text(writer, slice_from_string(wait));
    }
}

void batch_line_write(const struct batch_line *line, const struct response *response,
                      struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);

    json_write_object_begin(&writer);
    write_number(&writer, "index", line->index);
    if (line->id) {
        json_write_key(&writer, "id");
        json_write_text(&writer, slice_from_string(line->id));
    }
    json_write_member_slice(&writer, "image", line->image);
    write_number(&writer, "status", response->status);
    if (response->status == STATUS_OK) {
        json_write_key(&writer, "result");
        json_write_text(&writer, slice_of(response->body, response->body_length));
    } else {
        write_failure(&writer, response);
    }
    json_write_object_end(&writer);
    (void)buffer_append_char(out, '\n');
}

void batch_line_write_end(size_t succeeded, size_t failed, struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);

    json_write_object_begin(&writer);
    json_write_key(&writer, "done");
    json_write_boolean(&writer, true);
    write_number(&writer, "total", succeeded + failed);
    write_number(&writer, "ok", succeeded);
    write_number(&writer, "failed", failed);
    json_write_object_end(&writer);
    (void)buffer_append_char(out, '\n');
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/response.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "server/channel.h"

static char no_memory_body[] = "{\"error\":\"out of memory\",\"code\":\"internal\"}";

/* What is left to say without memory. Static, hence never counted and never changed. */
static struct response no_memory = {
    .status = 500,
    .error = ERROR_INTERNAL,
    .content_type = "application/json",
    .body = no_memory_body,
    .body_length = sizeof(no_memory_body) - 1,
};

static struct response *response_allocate(unsigned status, const char *content_type)
{
    struct response *response = calloc(1, sizeof(*response));
    if (!response)
        return NULL;
    response->status = status;
    response->content_type = content_type;
    atomic_init(&response->references, 1);
    return response;
}

struct response *response_new(unsigned status, const char *content_type, struct buffer *body)
{
    struct response *response = response_allocate(status, content_type);
    if (!response)
        return NULL;
    response->body_length = body->length;
    response->body = buffer_take(body);
    if (!response->body) {
        free(response);
        return NULL;
    }
    return response;
}

struct response *response_new_stream(unsigned status, const char *content_type,
                                     struct channel *stream)
{
    struct response *response = response_allocate(status, content_type);
    if (response)
        response->stream = stream;
    else
        channel_stop_reading(stream);
    return response;
}

struct response *response_json(unsigned status, struct buffer *body)
{
    struct response *response =
        buffer_ok(body) ? response_new(status, "application/json", body) : NULL;
    return response ? response : &no_memory;
}

void response_set_error(struct response *response, enum error_code code)
{
    if (response != &no_memory)
        response->error = code;
}

struct response *response_ref(struct response *response)
{
    if (response != &no_memory)
        (void)atomic_fetch_add_explicit(&response->references, 1, memory_order_relaxed);
    return response;
}

/* Literals stand beside them, so all are const. */
static void free_value(struct response *response, size_t place)
{
    union {
        const char *text;
        char *owned;
    } value = {.text = response->headers[place].value};

    if (response_owns_value(response, place))
        free(value.owned);
}

/* But for the response whose body it sends. */
static void response_free(struct response *response)
{
    void *native = atomic_load_explicit(&response->native, memory_order_relaxed);

    if (native)
        response->native_free(native);
    for (size_t i = 0; i < response->header_count; i++)
        free_value(response, i);
    free(response->headers);
    if (!response->original) {
        free(response->body);
        if (response->stream)
            channel_stop_reading(response->stream);
    }
    free(response);
}

void response_unref(struct response *response)
{
    while (response && response != &no_memory &&
           atomic_fetch_sub_explicit(&response->references, 1, memory_order_acq_rel) == 1) {
        struct response *original = response->original;
        response_free(response);
        response = original;
    }
}

/* Where the header of this name stands, or would stand. */
static size_t find_header(const struct response *response, const char *name)
{
    size_t i = 0;

    while (i < response->header_count && strcmp(response->headers[i].name, name) != 0)
        i++;
    return i;
}

const char *response_header(const struct response *response, const char *name)
{
    size_t i = find_header(response, name);
    return i < response->header_count ? response->headers[i].value : NULL;
}

/* Room for one more. False: no memory. */
static bool make_room(struct response *response)
{
    size_t count = response->header_count;

    assert(count < RESPONSE_HEADERS_MAX);
    if (count % RESPONSE_HEADERS_STEP != 0)
        return true;
    struct response_header *larger =
        reallocarray(response->headers, count + RESPONSE_HEADERS_STEP, sizeof(*response->headers));
    if (!larger)
        return false;
    response->headers = larger;
    return true;
}

/* Where a header of this name is to be put, in place of an earlier one. NULL: no memory. */
static struct response_header *take_place(struct response *response, const char *name,
                                          bool is_owned)
{
    size_t place = find_header(response, name);

    if (place < response->header_count)
        free_value(response, place);
    else if (make_room(response))
        response->header_count++;
    else
        return NULL;
    response->owned_values &= (uint16_t) ~(1U << place);
    response->owned_values |= (uint16_t)((unsigned)is_owned << place);
    return &response->headers[place];
}

void response_set_header(struct response *response, const char *name, const char *value)
{
    if (response == &no_memory)
        return;
    char *copy = strdup(value);
    struct response_header *header = copy ? take_place(response, name, true) : NULL;
    if (!header) {
        free(copy);
        return;
    }
    header->name = name;
    header->value = copy;
}

void response_set_literal(struct response *response, const char *name, const char *value)
{
    struct response_header *header =
        response != &no_memory ? take_place(response, name, false) : NULL;

    if (header)
        *header = (struct response_header){name, value};
}

/* -- changing one --------------------------------------------------------------------------- */

static struct response *response_copy(struct response *response)
{
    struct response *copy = response_allocate(response->status, response->content_type);
    if (!copy)
        return &no_memory;
    copy->error = response->error;
    copy->body = response->body;
    copy->body_length = response->body_length;
    copy->stream = response->stream;
    copy->original = response_ref(response);
    for (size_t i = 0; i < response->header_count; i++) {
        const struct response_header *header = &response->headers[i];
        if (response_owns_value(response, i))
            response_set_header(copy, header->name, header->value);
        else
            response_set_literal(copy, header->name, header->value);
    }
    return copy;
}

/* A shared one has a form of the door's, which would tell the old. */
static bool is_ours_alone(const struct response *response)
{
    return !response->is_shared &&
           atomic_load_explicit(&response->references, memory_order_acquire) == 1;
}

struct response *response_change(struct response *response)
{
    if (response == &no_memory || is_ours_alone(response))
        return response;
    struct response *copy = response_copy(response);
    response_unref(response);
    return copy;
}

void response_set_body(struct response *response, const char *content_type, struct buffer *body)
{
    if (response == &no_memory)
        return;
    if (response->original)
        response_unref(TAKE(response->original));
    else
        free(response->body);
    response->content_type = content_type;
    response->body_length = body->length;
    response->body = buffer_take(body);
    if (!response->body)
        response->body_length = 0;
}

/* The last one takes its place. */
static void remove_header(struct response *response, const char *name)
{
    size_t place = find_header(response, name);

    if (place == response->header_count)
        return;
    size_t last = response->header_count - 1U;
    bool is_owned = response_owns_value(response, last);
    struct response_header header = response->headers[last];
    free_value(response, place);
    response->headers[place] = header;
    response->owned_values &= (uint16_t) ~(1U << place | 1U << last);
    if (place < last)
        response->owned_values |= (uint16_t)((unsigned)is_owned << place);
    response->header_count--;
}

void response_set_not_modified(struct response *response)
{
    if (response == &no_memory)
        return;
    remove_header(response, "Content-Encoding");
    response->content_type = NULL;
    response->status = STATUS_NOT_MODIFIED;
}

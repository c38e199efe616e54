/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cached answer keeps its form: made once, sent by all event threads at the same time. Making one
 * for each hit would cost a tenth of the rate.
 */
#include "server/http_reply.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "server/channel.h"
#include "server/connection.h"
#include "server/response.h"

enum {
    STREAM_PIECE = 8192 /* bytes; what the library asks for at once, where it has room */
};

/* -- forms ---------------------------------------------------------------------------------- */

static void add_headers(struct MHD_Response *form, const struct response *response, bool closes)
{
    if (response->content_type)
        (void)MHD_add_response_header(form, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    for (size_t i = 0; i < response->header_count; i++)
        (void)MHD_add_response_header(form, response->headers[i].name, response->headers[i].value);
    if (closes)
        (void)MHD_add_response_header(form, MHD_HTTP_HEADER_CONNECTION, "close");
}

static struct MHD_Response *form_new(const struct response *response, bool closes)
{
    struct MHD_Response *form = MHD_create_response_from_buffer(
        response->body_length, response->body, MHD_RESPMEM_PERSISTENT);
    if (form)
        add_headers(form, response, closes);
    return form;
}

static void form_free(void *form)
{
    MHD_destroy_response(form);
}

/* The form a cached answer keeps: made by whoever sends it first. */
static struct MHD_Response *form_shared(struct response *response)
{
    void *kept = atomic_load_explicit(&response->native, memory_order_acquire);
    if (kept)
        return kept;
    struct MHD_Response *fresh = form_new(response, false);
    if (!fresh)
        return NULL;
    if (!atomic_compare_exchange_strong(&response->native, &kept, fresh)) {
        MHD_destroy_response(fresh);
        return kept;
    }
    response->native_free =
        form_free; /* read after the last reference is dropped, and we hold one */
    return fresh;
}

/* -- streams -------------------------------------------------------------------------------- */

/* The library asks for more whenever the last piece is sent. Where there is nothing it is to sleep
 * meanwhile: else it would ask again at once, for ever. */
static ssize_t read_stream(void *context, uint64_t position, char *out, size_t size)
{
    struct connection *connection = context;
    int64_t now = clock_monotonic_ms();
    size_t length = 0;

    (void)position;
    if (!connection_goes_on(connection, now))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    switch (channel_take(connection->response->stream, out, size, &length)) {
    case CHANNEL_BYTES:
        return (ssize_t)length;
    case CHANNEL_EMPTY:
        MHD_suspend_connection(connection->native);
        connection_pause(connection, now);
        return 0;
    case CHANNEL_ENDED:
        return MHD_CONTENT_READER_END_OF_STREAM;
    case CHANNEL_BROKEN:
        break;
    }
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *form_of_stream(struct connection *connection, bool closes)
{
    struct MHD_Response *form = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_PIECE,
                                                                  read_stream, connection, NULL);
    if (form)
        add_headers(form, connection->response, closes);
    return form;
}

/* -- sending -------------------------------------------------------------------------------- */

static enum MHD_Result queue_form(const struct connection *connection, struct MHD_Response *form)
{
    return form ? MHD_queue_response(connection->native, connection->response->status, form)
                : MHD_NO;
}

enum MHD_Result http_reply_send(struct connection *connection, bool closes)
{
    struct response *response = connection->response;

    if (atomic_load_explicit(&response->is_shared, memory_order_acquire) && !closes)
        return queue_form(connection, form_shared(response));

    struct MHD_Response *form =
        response->stream ? form_of_stream(connection, closes) : form_new(response, closes);
    enum MHD_Result result = queue_form(connection, form);
    if (form)
        MHD_destroy_response(form);
    return result;
}

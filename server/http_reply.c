/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cached answer keeps its form: made once, sent by all event threads at the same time. Making one
 * for each hit would cost a tenth of the rate.
 */
#include "server/http_reply.h"

#include <stdatomic.h>

#include "server/response.h"

static struct MHD_Response *form_new(const struct response *response, bool closes)
{
    struct MHD_Response *form = MHD_create_response_from_buffer(
        response->body_length, response->body, MHD_RESPMEM_PERSISTENT);
    if (!form)
        return NULL;
    if (response->content_type)
        (void)MHD_add_response_header(form, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    for (size_t i = 0; i < response->header_count; i++)
        (void)MHD_add_response_header(form, response->headers[i].name, response->headers[i].value);
    if (closes)
        (void)MHD_add_response_header(form, MHD_HTTP_HEADER_CONNECTION, "close");
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

static enum MHD_Result queue_form(struct MHD_Connection *native, unsigned status,
                                  struct MHD_Response *form)
{
    return form ? MHD_queue_response(native, status, form) : MHD_NO;
}

enum MHD_Result http_reply_send(struct MHD_Connection *native, struct response *response,
                                bool closes)
{
    if (atomic_load_explicit(&response->is_shared, memory_order_acquire) && !closes)
        return queue_form(native, response->status, form_shared(response));

    struct MHD_Response *form = form_new(response, closes);
    enum MHD_Result result = queue_form(native, response->status, form);
    if (form)
        MHD_destroy_response(form);
    return result;
}

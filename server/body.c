/* SPDX-License-Identifier: Apache-2.0 */
#include "server/body.h"

#include <stdatomic.h>

void body_begin(struct body *body, struct body_allowance *allowance)
{
    *body = (struct body){.bytes = BUFFER_INIT(BODY_LIMIT), .allowance = allowance};
}

static bool draw(struct body_allowance *allowance, size_t size)
{
    if (atomic_fetch_add(&allowance->drawn, size) + size <= allowance->limit)
        return true;
    (void)atomic_fetch_sub(&allowance->drawn, size);
    return false;
}

void body_release(struct body *body)
{
    if (body->bytes.length > 0)
        (void)atomic_fetch_sub(&body->allowance->drawn, body->bytes.length);
    buffer_release(&body->bytes);
}

static void give_up(struct body *body, enum error_code fault)
{
    body_release(body);
    body->fault = fault;
}

void body_append(struct body *body, struct slice piece)
{
    if (body->fault != ERROR_NONE)
        return;
    if (piece.length > BODY_LIMIT - body->bytes.length) {
        give_up(body, ERROR_TOO_LARGE);
    } else if (!draw(body->allowance, piece.length)) {
        give_up(body, ERROR_OVERLOADED);
    } else if (!buffer_append_slice(&body->bytes, piece)) {
        (void)atomic_fetch_sub(&body->allowance->drawn, piece.length);
        give_up(body, ERROR_INTERNAL);
    }
}

bool body_refuse_length(struct error *error)
{
    return error_set(error, ERROR_TOO_LARGE, "the request's body is larger than 1 MiB");
}

bool body_check(const struct body *body, struct error *error)
{
    if (body->fault == ERROR_NONE)
        return true;
    if (body->fault == ERROR_TOO_LARGE)
        return body_refuse_length(error);
    if (body->fault == ERROR_OVERLOADED)
        return error_set(error, ERROR_OVERLOADED, "too many requests with a body are on their way");
    return error_no_memory(error);
}

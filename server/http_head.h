/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a request's head means to us what it means to a proxy before us: where two may read it
 * differently, one's request is hidden in the other's body (RFC 9112, section 11.2).
 */
#ifndef SERVER_HTTP_HEAD_H
#define SERVER_HTTP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "base/error.h"

/* `body_length` is what Content-Length says, at most UINT32_MAX; 0: it says nothing. Errors:
 * invalid. */
bool http_head_judge(struct MHD_Connection *native, const char *version, uint64_t *body_length,
                     struct error *error) MUST_USE;

#endif

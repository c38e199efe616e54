/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names that a client gives its request, to find it again in everybody's logs: X-Request-Id,
 * and the trace of the W3C's Trace Context.
 */
#ifndef SERVER_TRACE_H
#define SERVER_TRACE_H

#include "base/buffer.h"

enum {
    REQUEST_ID_SIZE = 64 + 1,
    TRACE_ID_SIZE = 32 + 1
};

/* Both write "" for what does not follow its grammar: it is as good as not sent. */

/* 1 to 64 of letters, digits, '.', '_' and '-'. */
void trace_read_request_id(struct slice header, char out[REQUEST_ID_SIZE]);
/* The trace-id of a traceparent header. */
void trace_read_parent(struct slice header, char out[TRACE_ID_SIZE]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers in gzip, for those who take it.
 */
#ifndef SERVER_GZIP_H
#define SERVER_GZIP_H

#include <stdbool.h>

#include "base/buffer.h"

struct response;

enum {
    GZIP_WORTH = 1024 /* bytes; a smaller body fits one packet anyway */
};

/* Whether an Accept-Encoding header prefers gzip to the bytes as they are; absent, it does not. */
bool gzip_is_accepted(struct slice accept_encoding) MUST_USE;

/* Appends `plain` in gzip. False, with nothing to be used appended: it is not worth it, not
 * shorter, or there is no memory; then it is sent as it is. */
bool gzip_write(struct slice plain, struct buffer *out) MUST_USE;
/* A response_change()d one: with its body in gzip where gzip_write() can, and the header that says
 * so. */
void gzip_response(struct response *response);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch's answer, line by line (docs/api.md).
 */
#ifndef SERVER_BATCH_LINE_H
#define SERVER_BATCH_LINE_H

#include <stddef.h>

#include "base/buffer.h"

struct response;

/* Which item it answers. */
struct batch_line {
    size_t index;
    const char *id; /* JSON, or NULL */
    struct slice image;
};

/* The response to the item's question, as a line with its end. The buffer's state says what went
 * wrong. */
void batch_line_write(const struct batch_line *line, const struct response *response,
                      struct buffer *out);
/* The last line: with it the client knows that none is missing. */
void batch_line_write_end(size_t succeeded, size_t failed, struct buffer *out);

#endif

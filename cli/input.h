/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and standard input, read as a whole.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* What messages call it: `path`, or "standard input" for "-". */
const char *input_name(const char *path);

/* Reads `path`, or standard input for "-", until its end or until `size` bytes are there. Errors:
 * invalid ("cannot read 'app.yaml': No such file or directory"). */
bool input_read(const char *path, char *out, size_t size, size_t *length,
                struct error *error) MUST_USE;
/* The same, into a buffer up to its ceiling, for what may be large. Errors: also too_large. */
bool input_append(const char *path, struct buffer *out, struct error *error) MUST_USE;

#endif

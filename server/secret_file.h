/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that the operator keeps secrets in.
 */
#ifndef SERVER_SECRET_FILE_H
#define SERVER_SECRET_FILE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* Reads the whole file. `is_open_to_others`: other users of the machine may read it, too. Errors:
 * invalid (cannot be read, or longer than `out` takes), internal. */
bool secret_file_read(const char *path, struct buffer *out, bool *is_open_to_others,
                      struct error *error) MUST_USE;

#endif

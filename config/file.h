/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files the settings come from; private to config/.
 */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* Appends the whole file to `out`, up to its ceiling. Errors: invalid, "PATH: why"; internal. */
bool file_read(const char *path, struct buffer *out, struct error *error) MUST_USE;

/* The first line of the file, without its end; the caller frees it. NULL on errors: as file_read(),
 * and invalid where the line is empty or holds a NUL. */
char *file_read_secret(const char *path, struct error *error) MUST_USE;

#endif

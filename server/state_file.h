/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is there whole or not at all, and that shows by itself whether it is still what was
 * written: magic, version, length and SHA-256 of what follows. Only its owner may read it.
 */
#ifndef SERVER_STATE_FILE_H
#define SERVER_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

struct state_writer;

/* Begins a new file beside `path`, which is borrowed. Errors: internal (the file system refuses).
 */
struct state_writer *state_writer_new(const char *path, struct error *error) MUST_USE;
/* What goes wrong is remembered and told in the end. */
void state_writer_append(struct state_writer *writer, struct slice bytes);
/* Makes it the file at `path`, in place of another, once all of it is on the disk. Errors:
 * internal. */
bool state_writer_commit(struct state_writer *writer, struct error *error) MUST_USE;
/* What was not committed is gone. */
void state_writer_free(struct state_writer *writer);
CLEANUP_DEFINE(struct state_writer, state_writer_free)

/* Reads what was written, up to the buffer's ceiling; nothing, where there is no such file. Errors:
 * invalid (damaged, of another version, too large, or others may have written it), internal. */
bool state_file_read(const char *path, struct buffer *out, struct error *error) MUST_USE;

#endif

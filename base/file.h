/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading files that an operator names. What he names may be no file: a FIFO that nobody writes to
 * would hold whoever opens it for ever, a terminal whoever reads it. `<(command)` and /dev/stdin
 * are such things, too, and wanted; so what is no regular file is read, for as long as it is worth
 * waiting.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
    /* ms; a command that fetches a secret has its end by then. Who names such a file for a daemon
     * has it wait as long when it reads its settings anew: nobody is accepted meanwhile. */
    FILE_PATIENCE = 10 * 1000
};

/* A descriptor for file_read_all(), the caller's to close; -1: no such file, or one that must not
 * be read (invalid). Never waits. */
int file_open(const char *path, struct error *error) MUST_USE;

/* Appends what is left of the file to `out`, up to its ceiling, and waits at most `patience` ms for
 * its end. Leaves no copy behind but in `out`. Errors: invalid, "PATH: why"; internal. */
bool file_read_all(int fd, const char *path, int64_t patience, struct buffer *out,
                   struct error *error) MUST_USE;

/* Both, with FILE_PATIENCE. */
bool file_read(const char *path, struct buffer *out, struct error *error) MUST_USE;

/* Whether it is a regular file that may be read, or /dev/null: for those that a library will open,
 * which would wait for others' end. Errors: invalid, "PATH: why". */
bool file_check(const char *path, struct error *error) MUST_USE;

/* Appends a line that is another once the file is: where it is, how large, when it was written. */
bool file_mark(const char *path, struct buffer *out);

#endif

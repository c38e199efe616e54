/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokens that open this service to those who may push: read from a file at the start, one a
 * line. Only their hashes are kept, and they are compared so that the time taken tells neither
 * their length nor how far a guess was right.
 */
#ifndef SERVER_TOKENS_H
#define SERVER_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
    TOKEN_SIZE_MIN = 16, /* bytes */
    TOKEN_SIZE_MAX = 512,
    TOKENS_MAX = 1000
};

struct tokens_file;

/* Blank lines and lines that begin with '#' are passed over. Errors: invalid, "PATH:LINE: ..."
 * without what stands there; internal. */
struct tokens_file *tokens_file_read(const char *path, struct error *error) MUST_USE;
void tokens_file_free(struct tokens_file *tokens);
CLEANUP_DEFINE(struct tokens_file, tokens_file_free)

/* The line that holds exactly this token; 0: none does. Any thread. */
unsigned tokens_file_find(const struct tokens_file *tokens, struct slice token);
/* Other users of the machine may read the file. */
bool tokens_file_is_open_to_others(const struct tokens_file *tokens);

#endif

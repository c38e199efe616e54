/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokens that open this service to those who may read, or push: read from a file, one a line.
 * Only their hashes are kept, and they are compared so that the time taken tells neither their
 * length nor how far a guess was right.
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
/* The same for the token that a request brings as "Authorization: Bearer TOKEN", while its head is
 * at hand. `tokens` NULL: none is known. Errors: unauthorized. */
struct request;
bool tokens_file_identify(const struct tokens_file *tokens, const struct request *request,
                          unsigned *line, struct error *error) MUST_USE;
/* Other users of the machine may read the file. */
bool tokens_file_is_open_to_others(const struct tokens_file *tokens);

#endif

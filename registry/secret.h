/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords and tokens do not outlive their use: their memory is cleansed before it is freed.
 */
#ifndef REGISTRY_SECRET_H
#define REGISTRY_SECRET_H

#include <stdbool.h>

#include "base/buffer.h"

struct curl_slist;

/* Makes room for `size` bytes in an empty buffer at once: growing would leave copies behind. Where
 * it cannot, the buffer's state says so. */
bool secret_reserve(struct buffer *secret, size_t size);

/* Each takes NULL, and ends what it is given. */
void secret_free(char *secret);
void secret_release(struct buffer *secret);
/* A request's header lines, of which one may be an Authorization. */
void secret_free_lines(struct curl_slist *lines);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Accept header (RFC 9110, section 12.5.1): how much a client wants a media type. The same for
 * Accept-Encoding, whose codings are types of one word.
 */
#ifndef SERVER_ACCEPT_H
#define SERVER_ACCEPT_H

#include <stdbool.h>

#include "base/buffer.h"

/* The quality in thousandths (0: not wanted) that `header` gives to `type`, e.g. "text/plain"; the
 * most specific range decides. Without a header everything is wanted alike: 1000. What cannot be
 * read is passed over. */
unsigned accept_quality(struct slice header, struct slice type);
/* Whether it names `type` itself, and not only a range that has it. */
bool accept_names(struct slice header, struct slice type);

#endif

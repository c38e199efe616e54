/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Accept header (RFC 9110, section 12.5.1): how much a client wants a media type.
 */
#ifndef SERVER_ACCEPT_H
#define SERVER_ACCEPT_H

#include "base/buffer.h"

/* The quality in thousandths (0: not wanted) that `header` gives to `type`, e.g. "text/plain"; the
 * most specific range decides. Without a header everything is wanted alike: 1000. What cannot be
 * read is passed over. */
unsigned accept_quality(struct slice header, struct slice type);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points in time as HTTP writes them (RFC 9110, section 5.6.7).
 */
#ifndef SERVER_HTTP_DATE_H
#define SERVER_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* Seconds since 1970 as "Sun, 06 Nov 1994 08:49:37 GMT". False: not a time that has a date. */
bool http_date_write(int64_t seconds, struct buffer *out);
/* That form, or one of the two old ones ("Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37
 * 1994"); false for anything else. */
bool http_date_read(struct slice text, int64_t *seconds) MUST_USE;

#endif

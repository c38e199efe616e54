/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry wants people to be told: `Warning: 299 - "text"` (rule H23; the distribution
 * specification, "Warnings"). Pure.
 */
#ifndef REGISTRY_NOTICE_H
#define REGISTRY_NOTICE_H

#include <stdbool.h>

#include "base/buffer.h"

/* Takes one warning off the front of `rest`, which is the header's value; several are separated by
 * commas. True, and `out` (of any content before) is the text, where it is of code 299, from no
 * agent in particular, and without control bytes; false at the end, and after whatever else stands
 * there, which says nothing. */
bool notice_take(struct slice *rest, struct buffer *out) MUST_USE;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Link header, by which a registry says where a list goes on (RFC 8288, rule H24).
 */
#ifndef REGISTRY_LINK_H
#define REGISTRY_LINK_H

#include <stdbool.h>

#include "base/buffer.h"

/* The target of the first link with the relation "next" in a header's value, or in several values
 * joined by commas. False where there is none, or where what stands before it is no list of links.
 * Borrowed from `header`; nobody has judged yet where it leads. */
bool link_find_next(struct slice header, struct slice *out);

#endif

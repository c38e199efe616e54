/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media types as text: what the parsers of documents compare. The types that are known, and the
 * public functions, are in manifest.h.
 */
#ifndef MANIFEST_MEDIA_TYPE_H
#define MANIFEST_MEDIA_TYPE_H

#include <stdbool.h>

#include "base/buffer.h"

/* "a/b" of "a/b; charset=utf-8". Borrowed. */
struct slice media_type_without_parameters(struct slice text);
/* True for "type/subtype" in the characters of RFC 6838 section 4.2 (H6). */
bool media_type_is_well_formed(struct slice text);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents from what calls brought, no more read at once than there are cores, and no more kept
 * than a session may (session_keep_document()).
 */
#ifndef REGISTRY_READING_H
#define REGISTRY_READING_H

#include "manifest/manifest.h"

struct call;

/* manifest_parse() of what the call brought; `expected` is its parent's word, or "". Errors: as
 * that one's, timeout and overloaded. The caller frees, before the session is closed. */
struct manifest *reading_manifest(const struct call *call, const char *expected,
                                  struct error *error) MUST_USE;
/* image_parse() likewise. */
struct image *reading_image(const struct call *call, struct error *error) MUST_USE;

#endif

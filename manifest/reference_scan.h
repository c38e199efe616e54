/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner of references: text to its parts.
 */
#ifndef MANIFEST_REFERENCE_SCAN_H
#define MANIFEST_REFERENCE_SCAN_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* All borrowed from the text, or static. An empty tag or digest was not given. */
struct reference_parts {
    struct slice registry;          /* as written */
    struct slice repository_prefix; /* "library/" or nothing */
    struct slice repository;
    struct slice tag;
    struct slice digest;
};

/* Errors: invalid, saying what is wrong and at which byte. */
bool reference_scan(struct slice text, struct reference_parts *out, struct error *error) MUST_USE;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check a text must pass before json-c sees it; private to data/.
 */
#ifndef DATA_JSON_CHECK_H
#define DATA_JSON_CHECK_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* True when `text` is what json.h promises of a parsed document. Linear in its length, but for the
 * sorting of big objects' keys. Errors: invalid, too_large, internal (no memory). */
bool json_check(struct slice text, struct error *error) MUST_USE;

#endif

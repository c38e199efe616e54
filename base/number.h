/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers in texts from outside: ports, counts, ids of processes.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>

#include "base/buffer.h"

/* Decimal digits alone, of a number up to `max`; no sign, no blanks. */
bool number_parse(struct slice text, unsigned max, unsigned *out) MUST_USE;

#endif

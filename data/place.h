/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a text something stands, as editors count; private to data/.
 */
#ifndef DATA_PLACE_H
#define DATA_PLACE_H

#include "base/buffer.h"

struct place {
    unsigned line;   /* from 1 */
    unsigned column; /* from 1, in characters */
};

/* Of the byte at `offset`, from 0. */
struct place place_find(struct slice text, size_t offset);

/* The place behind `passed`, which begins at `from`. */
struct place place_after(struct place from, struct slice passed);

#endif

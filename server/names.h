/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of names. Not locked.
 */
#ifndef SERVER_NAMES_H
#define SERVER_NAMES_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/map.h"

struct names {
    struct map map;
};

void names_init(struct names *names);
void names_release(struct names *names);
/* Harmless where it is there already. False: no memory. */
bool names_add(struct names *names, struct slice name) MUST_USE;
bool names_has(const struct names *names, struct slice name);
/* Walks all in no order: NULL gives the first, a name the one after it, NULL at the end. */
const char *names_next(const struct names *names, const char *name);

#endif

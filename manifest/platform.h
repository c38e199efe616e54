/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this folder share of platforms: their normal form, by which they are compared
 * (rule L2), and their members in JSON.
 */
#ifndef MANIFEST_PLATFORM_H
#define MANIFEST_PLATFORM_H

#include <stdbool.h>

#include "base/buffer.h"

struct json_writer;
struct platform;

/* One spelling of each platform, up to the case of its letters. Borrowed from the platform it was
 * made of, or static. */
struct platform_normal {
    struct slice os;
    struct slice architecture;
    struct slice variant; /* empty where it is the architecture's plain one; arm always has one */
};

struct platform_normal platform_normalise(const struct platform *platform);
bool platform_normal_equal(const struct platform_normal *a, const struct platform_normal *b);

/* Into an object: architecture and os, and of what follows what is not empty, in the order that
 * lists and the answers of /query have (rule P21). */
void platform_write_members(const struct platform *platform, struct json_writer *writer);

#endif

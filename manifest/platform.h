/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comparing platforms needs: their normal form (rule L2).
 */
#ifndef MANIFEST_PLATFORM_H
#define MANIFEST_PLATFORM_H

#include <stdbool.h>

#include "base/buffer.h"

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

#endif

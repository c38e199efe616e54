/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "did you mean": the known name nearest to an unknown one; private to config/.
 *
 *     struct suggestion suggestion = suggestion_begin(SLICE("cache.frsh"));
 *     suggestion_consider(&suggestion, SLICE("cache.fresh"));     // and all the others
 *     suggestion_phrase(&suggestion)                              // ", did you mean
 * 'cache.fresh'?"
 */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include "base/buffer.h"

enum {
    SUGGESTION_NAME_MAX = 64
};

struct suggestion {
    struct slice wanted; /* borrowed */
    size_t distance;     /* of the best one; what is not nearer is not suggested */
    char phrase[SUGGESTION_NAME_MAX + 32];
};

struct suggestion suggestion_begin(struct slice wanted);
void suggestion_consider(struct suggestion *suggestion, struct slice known);
/* To be put behind a message; "" when nothing was near. Lives as long as the suggestion. */
const char *suggestion_phrase(const struct suggestion *suggestion);

#endif

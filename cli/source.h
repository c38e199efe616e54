/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is asked which platforms images offer: their registries, or a mqueryd (--server).
 */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H

#include "base/buffer.h"
#include "cli/agent.h"
#include "cli/answer.h"
#include "cli/options.h"

struct reference;
struct service;

struct source {
    struct agent agent; /* used where there is no service */
    struct service *service;
};

/* The operands are the images that will be asked for. What can be wrong with the flags is found
 * here, before anything is asked. The caller releases `out` in any case. Errors: invalid, internal.
 */
bool source_open(struct source *out, const struct options *options, struct error *error) MUST_USE;
void source_release(struct source *source);

/* The bound that asking for this reference falls under (crowd.h). */
const char *source_lane(const struct source *source, const struct reference *reference);
/* Blocks for at most --timeout. `reference` is `image` taken apart. The caller releases `answer`.
 * Any thread. Errors: as registry_query(), or what the service says. */
bool source_ask(const struct source *source, struct slice image, const struct reference *reference,
                struct answer *answer, struct error *error) MUST_USE;

#endif

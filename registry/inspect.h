/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads everything about an image: `mquery inspect` and GET /inspect.
 */
#ifndef REGISTRY_INSPECT_H
#define REGISTRY_INSPECT_H

#include "manifest/inspection.h"
#include "registry/registry.h"

enum inspect_depth {
    INSPECT_MANIFESTS, /* the manifest and all children; a lone image's configuration */
    INSPECT_CONFIGS    /* the children's configurations besides */
};

/*
 * Two rounds for an index (itself, then all children side by side), one more for configurations. A
 * child that is not there is marked and keeps nothing else from being shown; so is one that nests
 * deeper than L9 allows. `question->held` and `known` are not heeded. The caller owns the result.
 * Errors: as registry_query(), but artifacts are shown, not refused.
 */
struct inspection *registry_inspect(struct registry *registry,
                                    const struct registry_question *question,
                                    enum inspect_depth depth, struct error *error) MUST_USE;

#endif

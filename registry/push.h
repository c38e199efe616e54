/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes one image that runs on all platforms of several: `mquery push` and POST /push.
 */
#ifndef REGISTRY_PUSH_H
#define REGISTRY_PUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/warnings.h"
#include "manifest/assemble.h"
#include "manifest/spec.h"
#include "registry/registry.h"

struct json_writer;

/* What is going on, for whoever watches. */
enum push_step {
    PUSH_EXISTED, /* the blob was there */
    PUSH_MOUNTED,
    PUSH_COPYING, /* `done` of `size` bytes are there; now and then during a long copy */
    PUSH_COPIED,
    PUSH_FOREIGN,  /* a layer that registries do not keep: left alone (P9) */
    PUSH_MANIFEST, /* a child is in the target repository */
    PUSH_TAGGED    /* the list is there under `name` */
};

struct push_event {
    enum push_step step;
    const char *name;            /* the tag; else the source's image, as written */
    const struct digest *digest; /* of the blob, child or list */
    int64_t size;                /* bytes */
    int64_t done;                /* bytes */
};

struct registry_push {
    const struct spec *spec;
    enum list_type type;
    bool ignore_missing;
    bool is_dry_run;                     /* nothing is written */
    const struct credential *credential; /* the caller's, for its own registry; or NULL */
    /* The caller is nobody to the operator: goes on with its own credential, or with none. */
    bool no_operator_credentials;
    int64_t deadline; /* clock_monotonic_ms() */
    unsigned retries; /* as registry_question's */
    /* Both may be NULL, and are called from the pushing thread. */
    void (*progress)(void *context, const struct push_event *event);
    /* False ends the push (ERROR_DRAINING) as long as blobs are still being copied; once all are
     * in, it is not asked any more. */
    bool (*is_wanted)(void *context);
    void *context;
};

/* Of a failed push too: what had been done by then. */
struct push_result {
    struct digest digest;
    struct buffer list; /* the bytes */
    const char *media_type;
    size_t tags_pushed;   /* the target's own first, then the spec's in its order */
    bool may_have_tagged; /* the first tag was about to be written */
    size_t copied;        /* blobs */
    size_t mounted;
    size_t existed;
    size_t children; /* manifests put into the target repository */
    struct warnings warnings;
    char done[256]; /* of a failed push, in words, as its error begins (P15); "": nothing was
                       written */
};

/*
 * Fetches the sources side by side, fills in platforms (P19), brings the children into the target
 * repository by digest with all they consist of (P1-P9: there already, mounted, else copied, also
 * from another registry), and then, last, tags the list (P10-P16). The same push again changes
 * nothing. The caller releases `out` in any case. Errors: invalid, forbidden, denied, not_found,
 * unsupported, too_large, rate_limited, upstream, timeout, draining, internal; the message of one
 * that came after something was written says what.
 */
bool registry_push(struct registry *registry, const struct registry_push *push,
                   struct push_result *out, struct error *error) MUST_USE;
void push_result_release(struct push_result *result);

/* Whether our own rules let the registries of the target and of all sources be asked, as
 * registry_may_ask(); registry_push() asks none before. Errors: forbidden. No I/O. */
bool registry_may_push(const struct registry *registry, const struct spec *spec,
                       struct error *error) MUST_USE;

enum {
    PUSH_JSON_MAX = 32 * 1024 * 1024 /* a list of 4 MiB, each byte of it escaped at the worst */
};

/* What became of a push that went well, as one JSON object without a final newline; of a dry run
 * with the list's bytes. */
bool push_write_json(const struct spec *spec, const struct push_result *result, bool is_dry_run,
                     struct buffer *out);
/* Into an object, also after a failure: the member "warnings", the spec's before the push's. */
void push_write_warnings(const struct spec *spec, const struct push_result *result,
                         struct json_writer *writer);

#endif

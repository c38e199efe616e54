/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The images of an audit, each once however often and in however many spellings it is named, in the
 * order first named; and what came of asking for them.
 */
#ifndef CLI_FLEET_H
#define CLI_FLEET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/map.h"
#include "cli/answer.h"

enum {
    FLEET_MAX = 100000 /* different images */
};

struct reference;

struct fleet_image {
    struct map_node node;
    char *key;                   /* what all spellings of it have in common */
    char *name;                  /* as first written */
    struct reference *reference; /* NULL: it is none, and `error` says why */
    struct answer answer;        /* without a report: `error` says why */
    struct error error;
};

struct fleet {
    struct fleet_image **images;
    char **names; /* of the same */
    size_t count;
    size_t room;
    struct map known;
};

void fleet_init(struct fleet *fleet);
void fleet_release(struct fleet *fleet);

/* What is no reference is a member, too: it was to be audited, and cannot be. Errors: too_large,
 * internal. */
bool fleet_add(struct fleet *fleet, struct slice name, struct error *error) MUST_USE;

/* Adds what a text names: Kubernetes objects (pods.h) where it begins with '{', else an image a
 * line, with comments behind a '#' that begins a line or follows a blank. Errors: as fleet_add(),
 * and invalid. */
bool fleet_read(struct fleet *fleet, struct slice text, struct error *error) MUST_USE;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing parts of a document in a fixed order, whatever order they stand in.
 *
 * A shape says which members an object has, of what kind, and what is left out where empty: what a
 * Go struct and its `json` tags say. Writing a value by it gives the bytes that encoding/json gives
 * after reading the value into such a struct: members in the shape's order, maps sorted, a list
 * that is not there as null, and nothing that the shape does not know.
 */
#ifndef MANIFEST_SHAPE_H
#define MANIFEST_SHAPE_H

#include <stdbool.h>

#include "data/json.h"

enum shape_kind {
    SHAPE_TEXT, /* where a member says nothing */
    SHAPE_INTEGER,
    SHAPE_FLAG,
    SHAPE_TEXTS,   /* a list of strings */
    SHAPE_MAP,     /* strings by name */
    SHAPE_SET,     /* names of empty objects */
    SHAPE_KEYS,    /* the same, written as a list of the names */
    SHAPE_OBJECT,  /* of the shape `inner` */
    SHAPE_OBJECTS, /* a list of them */
    SHAPE_END,
    SHAPE_REST /* the end; what the shape does not know is written there, as it stands */
};

/* A shape is an array of these, up to the end. */
struct shape {
    const char *key;  /* as it stands in the document */
    const char *name; /* as it is written; NULL: the same */
    enum shape_kind kind;
    bool is_always; /* written where it is empty, too */
    const struct shape *inner;
};

/* The image specification's platform, which stands in descriptors and in configurations. */
extern const struct shape shape_platform[];

/* `value` may be anything: what is no such object has no members. Failures show in the buffer's
 * state. */
void shape_write(struct json_writer *writer, const struct json *value, const struct shape shape[]);
/* The same without the braces. */
void shape_write_members(struct json_writer *writer, const struct json *value,
                         const struct shape shape[]);

#endif

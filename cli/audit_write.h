/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An audit's rows in its three formats. Each row can be written as soon as its image has an answer.
 */
#ifndef CLI_AUDIT_WRITE_H
#define CLI_AUDIT_WRITE_H

#include "base/buffer.h"
#include "cli/fleet.h"

struct requirement;

enum audit_format {
    AUDIT_TABLE, /* for people: columns, as wide as the longest name */
    AUDIT_CSV,   /* RFC 4180, and nothing that a spreadsheet would take for a formula */
    AUDIT_JSON   /* an object a line */
};

struct audit_view {
    enum audit_format format;
    const struct requirement *requirement; /* NULL: nothing is required */
    size_t name_width;                     /* of the table; by audit_name_width() */
};

/* Columns that the longest name takes; the heading counts. */
size_t audit_name_width(const struct fleet *fleet);

/* The headings; JSON has none. */
void audit_write_head(const struct audit_view *view, struct buffer *out);
void audit_write_row(const struct audit_view *view, const struct fleet_image *image,
                     struct buffer *out);

/* Whether every platform required is offered; true where nothing is required. The image has a
 * report. */
bool audit_is_met(const struct audit_view *view, const struct fleet_image *image);

#endif

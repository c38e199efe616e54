/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of TOML 1.0 as containerd's hosts.toml is written in: tables and dotted keys, strings on
 * one line, booleans, and lists of these; private to config/. What TOML has besides (numbers,
 * dates, inline tables, lists of tables, strings of several lines) is refused, never misread.
 */
#ifndef CONFIG_TOML_H
#define CONFIG_TOML_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

enum toml_kind {
    TOML_STRING,
    TOML_BOOLEAN,
    TOML_LIST,
    TOML_TABLE
};

struct toml {
    enum toml_kind kind;
    unsigned line;      /* from 1 */
    char *key;          /* in a table; else NULL */
    char *text;         /* of a string */
    bool truth;         /* of a boolean */
    struct toml *first; /* of a list or table, in the order written */
    struct toml *last;
    struct toml *next; /* in the same list or table */
    bool has_header;   /* a table written as [it] */
};

/* The whole text as a table, which the caller frees. Errors: invalid, "NAME:LINE: ..."; internal.
 */
struct toml *toml_parse(struct slice text, const char *name, struct error *error) MUST_USE;
void toml_free(struct toml *toml);
CLEANUP_DEFINE(struct toml, toml_free)

/* "NAME:LINE: ..."; returns false. */
bool toml_fail(const char *name, unsigned line, struct error *error, const char *format, ...)
    PRINTF(4, 5);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is filled into the templates of the manual pages (scdoc(5)) and of the sample settings: the
 * tables that the programs themselves are made of, so that no page can say anything else.
 */
#ifndef DOCS_MAN_INSERT_H
#define DOCS_MAN_INSERT_H

#include "base/buffer.h"

typedef void insert_function(struct buffer *out);

/* mquery's commands, flags and examples (insert_commands.c). */
insert_function insert_commands, insert_flags, insert_examples;
/* mqueryd's flags (insert_daemon.c). */
insert_function insert_daemon_flags;
/* The settings, the keys of registry.hosts, and all as a commented file (insert_settings.c). */
insert_function insert_settings, insert_host_settings, insert_sample;

/* Text as it is: nothing in it is taken for markup. */
void insert_text(struct buffer *out, const char *text);
/* The head of an entry, "*name* _value_"; `value` may be NULL. Its text goes below, after a tab. */
void insert_term(struct buffer *out, const char *name, const char *value);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies a template from standard input to standard output; in place of a line "@NAME@" comes what
 * has this name. It runs while the pages are built and is not installed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "docs/man/insert.h"

enum {
    PAGE_MAX = 1024 * 1024
};

static const struct {
    const char *line;
    insert_function *insert;
} inserts[] = {
    {"@commands@\n", insert_commands}, {"@flags@\n", insert_flags},
    {"@examples@\n", insert_examples}, {"@daemon-flags@\n", insert_daemon_flags},
    {"@settings@\n", insert_settings}, {"@host-settings@\n", insert_host_settings},
    {"@sample@\n", insert_sample},
};

void insert_text(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\*_[]|#", *text))
            (void)buffer_append_char(out, '\\');
        (void)buffer_append_char(out, *text);
    }
}

void insert_term(struct buffer *out, const char *name, const char *value)
{
    (void)buffer_append_char(out, '*');
    insert_text(out, name);
    (void)buffer_append_char(out, '*');
    if (value) {
        (void)buffer_append_string(out, " _");
        insert_text(out, value);
        (void)buffer_append_char(out, '_');
    }
    (void)buffer_append_char(out, '\n');
}

static void fill_in(struct buffer *out, const char *line)
{
    for (size_t i = 0; i < sizeof(inserts) / sizeof(inserts[0]); i++) {
        if (strcmp(line, inserts[i].line) == 0) {
            inserts[i].insert(out);
            return;
        }
    }
    (void)buffer_append_string(out, line);
}

int main(void)
{
    CLEANUP(buffer_release) struct buffer page = BUFFER_INIT(PAGE_MAX);
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0)
        fill_in(&page, line);
    free(line);
    if (!buffer_ok(&page) || ferror(stdin))
        return EXIT_FAILURE;
    bool is_written = fwrite(page.data, 1, page.length, stdout) == page.length;
    return is_written && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

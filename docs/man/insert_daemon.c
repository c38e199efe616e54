/* SPDX-License-Identifier: Apache-2.0 */
#include "docs/man/insert.h"
#include "server/flags.h"

void insert_daemon_flags(struct buffer *out)
{
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        insert_term(out, known_flags[i].name, known_flags[i].value);
        (void)buffer_append_char(out, '\t');
        insert_text(out, known_flags[i].help);
        (void)buffer_append_string(out, "\n\n");
    }
}

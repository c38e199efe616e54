/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers, texts and bytes one behind the other, for files of our own: numbers seven bits a byte,
 * the lowest first, the eighth set where more follow; texts with a NUL at their end; bytes behind
 * their count.
 *
 * What is read may be anything. A reader never leaves its bytes; once something is not there it is
 * broken for good, and gives nothing but 0, "" and the empty slice.
 */
#ifndef BASE_RECORD_H
#define BASE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

void record_put_number(struct buffer *out, uint64_t number);
void record_put_text(struct buffer *out, const char *text);
void record_put_bytes(struct buffer *out, struct slice bytes);

struct record_reader {
    struct slice rest;
    bool is_broken;
};

/* Texts and bytes are borrowed from what is read. */
uint64_t record_take_number(struct record_reader *reader);
const char *record_take_text(struct record_reader *reader);
struct slice record_take_bytes(struct record_reader *reader);

#endif

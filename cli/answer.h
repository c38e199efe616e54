/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service answered to /query, read back into the report it was made from: so mquery prints
 * a service's answer and a registry's by the same code, and judges them alike.
 */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

struct report;

/* A report, and what only the moment of asking knows. */
struct answer {
    struct report *report; /* one reference */
    int64_t confirmed;     /* seconds since 1970: "cachets" */
    bool is_stale;
};

void answer_release(struct answer *answer);

/*
 * `status` is HTTP's; the body is read on every status, since that is where errors say what
 * happened: {"error":"...","code":"..."} becomes an error of that code. Errors besides: upstream
 * (not the JSON of a mqueryd, or an error without a code we know), internal.
 */
bool answer_parse(struct answer *answer, long status, struct slice body,
                  struct error *error) MUST_USE;

#endif

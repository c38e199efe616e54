/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fuzz target is: it takes any bytes, and finds fault by crashing.
 *
 * fuzz_NAME.c is linked with libFuzzer to search for such bytes (-Dfuzzers=true), and with replay.c
 * to go through tests/fuzz/corpus/NAME in every run of the tests.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buffer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What holds whatever the input was. */
static inline void must(bool condition)
{
    if (!condition)
        abort();
}

static inline struct slice fuzz_input(const uint8_t *data, size_t size)
{
    return slice_of((const char *)data, size);
}

/* Takes the text before the first `end` (or all of it) off the front, and the `end` with it. */
static inline struct slice fuzz_take_until(struct slice *rest, char end)
{
    ptrdiff_t at = slice_find(*rest, end);
    struct slice taken = at < 0 ? *rest : slice_until(*rest, (size_t)at);
    *rest = slice_from(*rest, taken.length + 1);
    return taken;
}

#endif

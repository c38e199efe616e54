/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that a test writes and that go away with it.
 */
#ifndef TESTS_UNIT_CONFIG_SCRATCH_H
#define TESTS_UNIT_CONFIG_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"

struct scratch {
    char path[64];
};

/* A new file with these bytes; asserts (cmocka) that it could be written. */
static inline struct scratch scratch_write(struct slice bytes)
{
    struct scratch scratch = {"/tmp/mqueryd-test-XXXXXX"};
    int fd = mkstemp(scratch.path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.data, bytes.length), (ssize_t)bytes.length);
    assert_int_equal(close(fd), 0);
    return scratch;
}

static inline void scratch_remove(struct scratch *scratch)
{
    (void)unlink(scratch->path);
}

#endif

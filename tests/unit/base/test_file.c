/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator names may be no file; reading it ends all the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"

enum {
    SOON = 20, /* ms */
    SIZE_MAX_HERE = 64
};

static char directory[] = "/tmp/test_file.XXXXXX";
static char fifo[64];

static int make_fifo(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    (void)snprintf(fifo, sizeof(fifo), "%s/fifo", directory);
    return mkfifo(fifo, 0600);
}

static int remove_fifo(void **state)
{
    (void)state;
    (void)unlink(fifo);
    return rmdir(directory);
}

static bool read_within(const char *path, int64_t patience, struct buffer *out, struct error *error)
{
    int fd = file_open(path, error);
    assert_true(fd >= 0);
    bool is_read = file_read_all(fd, path, patience, out, error);
    (void)close(fd);
    return is_read;
}

static void test_a_fifo_that_nobody_writes_to_is_given_up(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(SIZE_MAX_HERE);
    struct error error;
    (void)state;

    assert_false(read_within(fifo, SOON, &text, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_non_null(strstr(error.message, fifo));
    assert_non_null(strstr(error.message, "no regular file"));
}

/* As `<(command)` and /dev/stdin are. */
static void test_a_pipe_is_read_to_its_end(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(SIZE_MAX_HERE);
    struct error error;
    char name[32];
    int ends[2];
    (void)state;

    assert_int_equal(pipe(ends), 0);
    (void)snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
    assert_int_equal(write(ends[1], "secret\n", 7), 7);
    assert_false(read_within(name, SOON, &text, &error)); /* it has not ended yet */
    assert_int_equal(write(ends[1], "secret\n", 7), 7);
    (void)close(ends[1]);
    buffer_clear(&text);
    assert_true(file_read(name, &text, &error));
    assert_string_equal(buffer_string(&text), "secret\n");
    (void)close(ends[0]);
}

static void test_what_has_no_end_is_too_large(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(SIZE_MAX_HERE);
    struct error error;
    (void)state;

    assert_false(file_read("/dev/zero", &text, &error));
    assert_string_equal(error.message, "/dev/zero: the file is too large");
    buffer_clear(&text);
    assert_true(file_read("/dev/null", &text, &error));
    assert_int_equal(text.length, 0);
}

static void test_what_cannot_be_read_is_named(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(SIZE_MAX_HERE);
    struct error error;
    (void)state;

    assert_false(file_read("/nonexistent/file", &text, &error));
    assert_string_equal(error.message, "/nonexistent/file: No such file or directory");
    assert_false(file_read("/", &text, &error));
    assert_string_equal(error.message, "/: Is a directory");
}

static void test_a_library_is_given_regular_files_only(void **state)
{
    struct error error;
    const int64_t begun = clock_monotonic_ms();
    (void)state;

    assert_true(file_check("/proc/self/exe", &error));
    assert_false(file_check(fifo, &error));
    assert_non_null(strstr(error.message, "/fifo: it is no regular file"));
    assert_true(file_check("/dev/null", &error));
    assert_false(file_check("/dev/zero", &error));
    assert_true(clock_monotonic_ms() - begun < FILE_PATIENCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fifo_that_nobody_writes_to_is_given_up),
        cmocka_unit_test(test_a_pipe_is_read_to_its_end),
        cmocka_unit_test(test_what_has_no_end_is_too_large),
        cmocka_unit_test(test_what_cannot_be_read_is_named),
        cmocka_unit_test(test_a_library_is_given_regular_files_only),
    };

    return cmocka_run_group_tests(tests, make_fifo, remove_fifo);
}

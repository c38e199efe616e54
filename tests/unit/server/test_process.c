/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/process.h"

static void test_a_process_is_somewhere_and_has_done_something(void **state)
{
    const struct process_numbers numbers = process_numbers_read();

    (void)state;
    assert_true(numbers.resident > 1L << 20);
    assert_true(numbers.virtual_size > numbers.resident);
    assert_true(numbers.threads >= 1);
    assert_true(numbers.cpu >= 0 && numbers.cpu < 60000);
    assert_true(numbers.max_fds >= numbers.open_fds);
}

static void test_an_open_file_is_counted(void **state)
{
    int64_t before = process_numbers_read().open_fds;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(process_numbers_read().open_fds, before + 1);
    (void)close(fd);
    assert_int_equal(process_numbers_read().open_fds, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_process_is_somewhere_and_has_done_something),
        cmocka_unit_test(test_an_open_file_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

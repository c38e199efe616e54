/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/known_hosts.h"

static void test_a_host_is_known_for_ten_minutes_after_its_last_answer(void **state)
{
    (void)state;
    CLEANUP(known_hosts_free_p) struct known_hosts *hosts = known_hosts_new(10);
    assert_false(known_hosts_has(hosts, "a.test", 0));
    known_hosts_note_answer(hosts, "a.test", 1000);
    assert_true(known_hosts_has(hosts, "a.test", 1000 + KNOWN_HOSTS_MEMORY_MS - 1));
    assert_false(known_hosts_has(hosts, "a.test", 1000 + KNOWN_HOSTS_MEMORY_MS));
    assert_false(known_hosts_has(hosts, "b.test", 1000));

    known_hosts_note_answer(hosts, "a.test", 2000);
    assert_true(known_hosts_has(hosts, "a.test", 1000 + KNOWN_HOSTS_MEMORY_MS));
}

static void test_the_host_silent_longest_is_forgotten_first(void **state)
{
    (void)state;
    CLEANUP(known_hosts_free_p) struct known_hosts *hosts = known_hosts_new(2);
    known_hosts_note_answer(hosts, "a.test", 1);
    known_hosts_note_answer(hosts, "b.test", 2);
    known_hosts_note_answer(hosts, "a.test", 3);
    known_hosts_note_answer(hosts, "c.test", 4);
    assert_true(known_hosts_has(hosts, "a.test", 5));
    assert_false(known_hosts_has(hosts, "b.test", 5));
    assert_true(known_hosts_has(hosts, "c.test", 5));
}

static void test_a_host_that_left_somebody_waiting_is_a_stranger_again(void **state)
{
    (void)state;
    CLEANUP(known_hosts_free_p) struct known_hosts *hosts = known_hosts_new(2);
    known_hosts_note_answer(hosts, "a.test", 1);
    known_hosts_forget(hosts, "a.test");
    known_hosts_forget(hosts, "b.test");
    assert_false(known_hosts_has(hosts, "a.test", 2));
    known_hosts_note_answer(hosts, "a.test", 3);
    assert_true(known_hosts_has(hosts, "a.test", 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_host_is_known_for_ten_minutes_after_its_last_answer),
        cmocka_unit_test(test_the_host_silent_longest_is_forgotten_first),
        cmocka_unit_test(test_a_host_that_left_somebody_waiting_is_a_stranger_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

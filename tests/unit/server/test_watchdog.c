/* SPDX-License-Identifier: Apache-2.0 */
/* The service manager is told that we live only when each part has given a sign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/pulse.h"
#include "server/watchdog.h"

enum {
    SECOND = 1000
};

struct part {
    unsigned asked;
    bool answers;
};

static void ask(void *part)
{
    ((struct part *)part)->asked++;
}

static bool has_answered(void *part)
{
    return ((struct part *)part)->answers;
}

static struct part quick;
static struct part slow;
static const struct watchdog_part parts[] = {{ask, has_answered, &quick},
                                             {ask, has_answered, &slow}};

static bool tick(struct watchdog *watchdog, int64_t now)
{
    return watchdog_tick(watchdog, parts, 2, now);
}

static struct watchdog open_watchdog(const char *microseconds, const char *process)
{
    struct watchdog watchdog;

    quick = (struct part){.answers = true};
    slow = (struct part){.answers = true};
    watchdog_open(&watchdog, slice_from_string(microseconds), slice_from_string(process));
    return watchdog;
}

static void test_it_pings_each_third_of_the_time(void **state)
{
    (void)state;
    struct watchdog watchdog = open_watchdog("30000000", NULL);
    unsigned pings = 0;

    for (int64_t now = 0; now < 30 * (int64_t)SECOND; now += SECOND)
        pings += tick(&watchdog, now);
    assert_int_equal(pings, 3);
    assert_int_equal(quick.asked, 3);
    assert_int_equal(slow.asked, 3);
}

static void test_a_part_that_is_stuck_stops_it(void **state)
{
    (void)state;
    struct watchdog watchdog = open_watchdog("3000000", NULL);

    assert_false(tick(&watchdog, 0));
    assert_true(tick(&watchdog, SECOND));
    slow.answers = false;
    for (int64_t now = 2 * (int64_t)SECOND; now < 100 * (int64_t)SECOND; now += SECOND)
        assert_false(tick(&watchdog, now));
    assert_int_equal(slow.asked, 2);
    slow.answers = true;
    assert_true(tick(&watchdog, 100 * (int64_t)SECOND));
}

static void test_without_a_watcher_nobody_is_asked(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {NULL, NULL},   {"", NULL},        {"0", NULL},
        {"soon", NULL}, {"30000000", "1"}, {"-3000000", NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct watchdog watchdog = open_watchdog(rows[i][0], rows[i][1]);
        assert_false(tick(&watchdog, 0));
        assert_false(tick(&watchdog, SECOND));
        assert_int_equal(quick.asked, 0);
    }
}

static void test_the_process_that_is_meant_is_this_one(void **state)
{
    (void)state;
    char process[32];

    (void)snprintf(process, sizeof(process), "%d", getpid());
    struct watchdog watchdog = open_watchdog("4000000000", process);
    assert_int_equal(watchdog.interval, 4000 * SECOND / 3);
}

static void test_a_pulse_is_an_answer_or_an_end(void **state)
{
    (void)state;
    struct pulse pulse = {.fd = -1};
    char request[64];

    assert_true(pulse_has_answer(&pulse));
    for (int answers = 0; answers <= 1; answers++) {
        int other = pulse_ask(&pulse);
        assert_return_code(other, 0);
        assert_false(pulse_has_answer(&pulse));
        assert_true(recv(other, request, sizeof(request), 0) > 0);
        if (answers)
            assert_int_equal(send(other, "HTTP/1.0 200 OK\r\n", 17, 0), 17);
        else
            (void)close(other);
        assert_true(pulse_has_answer(&pulse));
        assert_int_equal(pulse.fd, -1);
        if (answers)
            (void)close(other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_pings_each_third_of_the_time),
        cmocka_unit_test(test_a_part_that_is_stuck_stops_it),
        cmocka_unit_test(test_without_a_watcher_nobody_is_asked),
        cmocka_unit_test(test_the_process_that_is_meant_is_this_one),
        cmocka_unit_test(test_a_pulse_is_an_answer_or_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "registry/gates.h"

enum {
    SOON_MS = 10,
    LONG_MS = 10 * 1000
};

static void test_no_more_go_in_than_the_limit(void **state)
{
    struct gates *gates = gates_new();
    struct gate *gate = gate_ref(gates, "a:443", 2);
    struct gate *same = gate_ref(gates, "a:443", 2);
    struct gate *other = gate_ref(gates, "b:443", 1);
    struct error error = {0};

    (void)state;
    assert_ptr_equal(gate, same);
    assert_true(gate_enter(gate, clock_monotonic_ms(), &error));
    assert_true(gate_enter(same, clock_monotonic_ms(), &error));
    assert_false(gate_enter(gate, clock_monotonic_ms() + SOON_MS, &error));
    assert_int_equal(error.code, ERROR_TIMEOUT);
    assert_string_equal(error.message, "'a:443' is asked as much at once as it may be "
                                       "(max_concurrent of registry.hosts)");
    assert_true(gate_enter(other, clock_monotonic_ms(), &error));
    gate_leave(gate);
    assert_true(gate_enter(gate, clock_monotonic_ms(), &error));
    gate_leave(gate);
    gate_leave(same);
    gate_leave(other);
    gate_unref(gate);
    gate_unref(same);
    gate_unref(other);
    gate_unref(NULL);
    gates_free(gates);
    gates_free(NULL);
}

static void test_a_gate_that_nobody_holds_is_gone(void **state)
{
    struct gates *gates = gates_new();
    struct error error = {0};

    (void)state;
    gate_unref(gate_ref(gates, "a:443", 1));
    struct gate *gate = gate_ref(gates, "a:443", 2); /* with its new limit */
    assert_true(gate_enter(gate, 0, &error));
    assert_true(gate_enter(gate, 0, &error));
    gate_leave(gate);
    gate_leave(gate);
    gate_unref(gate);
    gates_free(gates);
}

static void *leave(void *context)
{
    gate_leave(context);
    return NULL;
}

static void test_who_waits_goes_in_when_another_leaves(void **state)
{
    struct gates *gates = gates_new();
    struct gate *gate = gate_ref(gates, "a:443", 1);
    struct error error = {0};
    pthread_t thread;

    (void)state;
    assert_true(gate_enter(gate, 0, &error));
    assert_int_equal(pthread_create(&thread, NULL, leave, gate), 0);
    assert_true(gate_enter(gate, clock_monotonic_ms() + LONG_MS, &error));
    assert_int_equal(pthread_join(thread, NULL), 0);
    gate_leave(gate);
    gate_unref(gate);
    gates_free(gates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_more_go_in_than_the_limit),
        cmocka_unit_test(test_a_gate_that_nobody_holds_is_gone),
        cmocka_unit_test(test_who_waits_goes_in_when_another_leaves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

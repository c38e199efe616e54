/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/client.h"
#include "server/crowd.h"

static struct client client_of(const char *address)
{
    return (struct client){.address = ip_address_parse(slice_from_string(address))};
}

static void test_a_client_has_so_many_and_another_as_many(void **state)
{
    CLEANUP(crowd_free_p) struct crowd *crowd = crowd_new();
    const struct client one = client_of("192.0.2.1");
    const struct client other = client_of("192.0.2.2");

    (void)state;
    assert_true(crowd_enter(crowd, &one, 2));
    assert_true(crowd_enter(crowd, &one, 2));
    assert_false(crowd_enter(crowd, &one, 2));
    assert_true(crowd_enter(crowd, &other, 2));
}

static void test_who_leaves_makes_room(void **state)
{
    CLEANUP(crowd_free_p) struct crowd *crowd = crowd_new();
    const struct client one = client_of("2001:db8::1");
    const struct client same = client_of("2001:db8::2"); /* of the same /64 */

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(crowd_enter(crowd, &one, 1));
        assert_false(crowd_enter(crowd, &same, 1));
        crowd_leave(crowd, &one);
    }
    assert_true(crowd_enter(crowd, &same, 1));
}

static void test_the_number_may_change(void **state)
{
    CLEANUP(crowd_free_p) struct crowd *crowd = crowd_new();
    const struct client one = client_of("192.0.2.1");

    (void)state;
    assert_true(crowd_enter(crowd, &one, 1));
    assert_false(crowd_enter(crowd, &one, 1));
    assert_true(crowd_enter(crowd, &one, 3));
    assert_false(crowd_enter(crowd, &one, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_has_so_many_and_another_as_many),
        cmocka_unit_test(test_who_leaves_makes_room),
        cmocka_unit_test(test_the_number_may_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/trace.h"

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"
#define ZEROS  "00000000000000000000000000000000"

static void test_a_parent_is_read_by_its_grammar(void **state)
{
    static const struct {
        const char *header;
        const char *trace_id;
    } cases[] = {
        {"00-" TRACE "-" PARENT "-01", TRACE},
        {"00-" TRACE "-" PARENT "-00", TRACE},
        {"cc-" TRACE "-" PARENT "-01", TRACE},
        {"cc-" TRACE "-" PARENT "-01-what-comes-later", TRACE},
        {"00-" TRACE "-" PARENT "-01-what-comes-later", ""},
        {"cc-" TRACE "-" PARENT "-01.", ""},
        {"ff-" TRACE "-" PARENT "-01", ""},
        {"00-" ZEROS "-" PARENT "-01", ""},
        {"00-" TRACE "-0000000000000000-01", ""},
        {"00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01", ""},
        {"00-" TRACE "-" PARENT "-0x", ""},
        {"00-" TRACE "-" PARENT "-1", ""},
        {"00_" TRACE "-" PARENT "-01", ""},
        {"00-" TRACE "_" PARENT "-01", ""},
        {"00-" TRACE "-" PARENT "_01", ""},
        {"0g-" TRACE "-" PARENT "-01", ""},
        {"00-" TRACE "-" PARENT, ""},
        {"00", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char trace_id[TRACE_ID_SIZE] = "before";
        trace_read_parent(slice_from_string(cases[i].header), trace_id);
        assert_string_equal(trace_id, cases[i].trace_id);
    }
}

static void test_S20_a_request_id_moves_nothing_in_a_log(void **state)
{
    static const struct {
        const char *header;
        const char *id;
    } cases[] = {
        {"a", "a"},
        {"7f9c2A.x_y-Z", "7f9c2A.x_y-Z"},
        {ZEROS ZEROS, ZEROS ZEROS},
        {ZEROS ZEROS "0", ""},
        {"", ""},
        {"a b", ""},
        {"a\nb", ""},
        {"a\"", ""},
        {"\xc3\xa4", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char id[REQUEST_ID_SIZE] = "before";
        trace_read_request_id(slice_from_string(cases[i].header), id);
        assert_string_equal(id, cases[i].id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_parent_is_read_by_its_grammar),
        cmocka_unit_test(test_S20_a_request_id_moves_nothing_in_a_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

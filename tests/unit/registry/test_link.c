/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Link headers as registries write them, and as nobody should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry/link.h"

static void test_H24_the_next_page_is_found_among_links(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        const char *target; /* NULL: there is none */
    } cases[] = {
        {"</v2/a/tags/list?last=b&n=2>; rel=\"next\"", "/v2/a/tags/list?last=b&n=2"},
        {"<https://r.example/v2/a/tags/list?n=2>;rel=next", "https://r.example/v2/a/tags/list?n=2"},
        {"<x> ; REL = \"NEXT\"", "x"},
        {"<x>; rel=\"prev next\"; title=\"more; of, <it>\"", "x"},
        {"<x>; title=\"a \\\" b\"; rel=next", "x"},
        {"<x>; hreflang; rel=next", "x"},
        {"<p>; rel=prev, <n>; rel=next", "n"},
        {"<a,b;c>; rel=next", "a,b;c"},
        {", ,<n>;rel=next", "n"},
        {"<>; rel=next", ""},
        {"<x>; rel=prev; rel=next", NULL},
        {"<x>; rel=\"nextpage\"", NULL},
        {"<x>; anchor=next", NULL},
        {"<x>", NULL},
        {"<x>; rel", NULL},
        {"", NULL},
        {"x; rel=next", NULL},
        {"<x; rel=next", NULL},
        {"<x>; rel=\"next", NULL},
        {"<x>; rel=\"next\\\"", NULL},
        {"<x> rel=next", NULL},
        {"<x>; rel=prev <n>; rel=next", NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice target = {0};
        bool is_there = link_find_next(slice_from_string(cases[i].header), &target);
        assert_int_equal(is_there, cases[i].target != NULL);
        if (is_there)
            assert_true(slice_equal_string(target, cases[i].target));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_H24_the_next_page_is_found_among_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

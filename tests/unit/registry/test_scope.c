/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry/scope.h"

static void assert_written(const struct scope_list *list, const char *expected)
{
    struct buffer text = BUFFER_INIT(8192);

    assert_true(scope_list_write(list, &text));
    assert_string_equal(buffer_string(&text), expected);
    buffer_release(&text);
}

static void test_A18_resources_keep_the_order_they_were_named_in(void **state)
{
    struct scope_list list = {.count = 0};
    (void)state;

    scope_list_add(&list, SLICE("repository"), SLICE("a/target"), SLICE("pull,push"));
    scope_list_add(&list, SLICE("repository"), SLICE("a/source"), SLICE("pull"));
    assert_written(&list, "repository:a/target:pull,push repository:a/source:pull");
}

static void test_A18_a_repository_stands_once_with_all_its_actions(void **state)
{
    struct scope_list list = {.count = 0};
    (void)state;

    scope_list_add_text(&list, SLICE("repository:a/b:pull repository:c/d:pull"));
    scope_list_add(&list, SLICE("repository"), SLICE("a/b"), SLICE("pull,push"));
    assert_written(&list, "repository:a/b:pull,push repository:c/d:pull");
}

static void test_A6_a_challenged_scope_is_read_from_both_ends(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *written;
    } rows[] = {
        {"repository:a/b:pull,push", "repository:a/b:pull,push"},
        {"repository:host:5000/a/b:pull", "repository:host:5000/a/b:pull"},
        {"repository(plugin):a:pull", "repository(plugin):a:pull"},
        {"registry:catalog:*", "registry:catalog:*"},
        {"  repository:a:pull   repository:b:pull ", "repository:a:pull repository:b:pull"},
        {"repository:a:pull,,pull,", "repository:a:pull"},
        {"repository:a:", "repository:a"},
        /* No scopes at all. */
        {"", ""},
        {"repository", ""},
        {"repository:a", ""},
        {"repository::pull", ""},
        {":a:pull", ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scope_list list = {.count = 0};
        scope_list_add_text(&list, slice_from_string(rows[i].text));
        assert_written(&list, rows[i].written);
    }
}

static void test_resources_and_actions_beyond_the_bounds_are_left_out(void **state)
{
    struct scope_list list = {.count = 0};
    static const char names[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    (void)state;

    for (size_t i = 0; i + 1 < sizeof(names); i++)
        scope_list_add(&list, SLICE("repository"), slice_of(names + i, 1), SLICE("pull"));
    assert_int_equal(list.count, SCOPES_MAX);
    scope_list_add(&list, SLICE("repository"), SLICE("a"), SLICE("1,2,3,4,5,6,7,8,9"));
    assert_int_equal(list.items[0].action_count, SCOPE_ACTIONS_MAX);
}

static void test_A12_what_means_the_same_is_written_the_same(void **state)
{
    static const struct {
        const char *text;
        const char *sorted;
    } rows[] = {
        {"repository:b:push,pull repository:a:pull", "repository:a:pull repository:b:pull,push"},
        {"repository:a:pull repository:a:push", "repository:a:pull,push"},
        {"repository:a:delete,*,pull", "repository:a:*"},
        {"repository:ab:pull repository:a:pull registry:catalog:*",
         "registry:catalog:* repository:a:pull repository:ab:pull"},
        {"", ""},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scope_list list = {.count = 0};
        scope_list_add_text(&list, slice_from_string(rows[i].text));
        scope_list_sort(&list);
        assert_written(&list, rows[i].sorted);
    }
}

static void test_A12_more_covers_less(void **state)
{
    static const struct {
        const char *wide;
        const char *narrow;
        bool covers;
    } rows[] = {
        {"repository:a:pull,push", "repository:a:pull", true},
        {"repository:a:pull", "repository:a:pull", true},
        {"repository:a:*", "repository:a:pull,delete", true},
        {"repository:a:pull repository:b:pull", "repository:b:pull", true},
        {"repository:a:pull", "", true},
        {"repository:a:pull", "repository:a:pull,push", false},
        {"repository:a:pull", "repository:a:*", false},
        {"repository:a:pull", "repository:ab:pull", false},
        {"repository:a:pull", "registry:a:pull", false},
        {"repository:a:pull", "repository:a:pull repository:b:pull", false},
        {"", "repository:a:pull", false},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scope_list wide = {.count = 0};
        struct scope_list narrow = {.count = 0};
        scope_list_add_text(&wide, slice_from_string(rows[i].wide));
        scope_list_add_text(&narrow, slice_from_string(rows[i].narrow));
        assert_int_equal(scope_list_covers(&wide, &narrow), rows[i].covers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_A18_resources_keep_the_order_they_were_named_in),
        cmocka_unit_test(test_A18_a_repository_stands_once_with_all_its_actions),
        cmocka_unit_test(test_A6_a_challenged_scope_is_read_from_both_ends),
        cmocka_unit_test(test_A12_what_means_the_same_is_written_the_same),
        cmocka_unit_test(test_A12_more_covers_less),
        cmocka_unit_test(test_resources_and_actions_beyond_the_bounds_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

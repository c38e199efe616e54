/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An inspection that is kept as a report; and what is wrong with an inspection.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inspections.h"
#include "tests/support/fail_alloc.h"

static const char multi_arm64[] =
    "sha256:3819efa60e48fef9b4babfd251da2ae756b67e000e8d5680acd874cebf3b36a7";

static struct report *keep(const char *image, const char *missing)
{
    struct error error = {0};
    struct report *report = report_of_inspection(inspect_without(image, missing), &error);

    if (!report)
        fail_msg("%s: %s", image, error.message);
    return report;
}

static void test_a_report_keeps_the_inspection_and_tells_its_digest(void **state)
{
    (void)state;
    CLEANUP(report_unref_p) struct report *report = keep("lab/oci:multi", "");

    assert_string_equal(report->digest.text, report->inspection->root.digest.text);
    assert_string_equal(report->media_type, "application/vnd.oci.image.index.v1+json");
    assert_true(report->is_list);
    assert_int_equal(report->platform_count, 0);
    assert_int_equal(report->inspection->root.child_count, 6);
}

static void test_it_is_told_only_where_it_was_asked_for(void **state)
{
    (void)state;
    CLEANUP(report_unref_p) struct report *report = keep("lab/artifact:chart", "");

    assert_true(report->is_local);
    assert_false(report->is_partial);
    assert_false(report->is_list);
}

static void test_what_lacks_a_child_is_partial(void **state)
{
    (void)state;
    CLEANUP(report_unref_p) struct report *report = keep("lab/oci:multi", multi_arm64);

    assert_true(report->is_partial);
}

static size_t heap(void)
{
    return mallinfo2().uordblks;
}

/* Within a factor of two, which is what a bound on memory needs. */
static void test_its_size_is_about_what_it_takes(void **state)
{
    (void)state;
    enum {
        COUNT = 20
    };
    struct report *reports[COUNT];
    size_t told = 0;
    size_t before = heap();

    for (size_t i = 0; i < COUNT; i++) {
        reports[i] = keep("lab/oci:multi", "");
        told += reports[i]->size;
    }
    size_t taken = heap() - before;
    for (size_t i = 0; i < COUNT; i++)
        report_unref(reports[i]);
    if (taken > 0) /* a sanitizer's heap tells nothing */
        assert_in_range(told, taken / 2, taken * 2);
}

static void test_problems_are_listed_with_the_digest_they_are_about(void **state)
{
    (void)state;
    static const struct {
        const char *platform; /* NULL: all */
        size_t count;
    } cases[] = {{NULL, 1}, {"linux/arm64", 1}, {"linux/amd64", 0}};
    CLEANUP(inspection_free_p)
    struct inspection *inspection = inspect_without("lab/oci:multi", multi_arm64);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(warnings_release) struct warnings problems = {0};
        struct error error = {0};
        CLEANUP(platform_free_p)
        struct platform *only =
            cases[i].platform ? platform_parse(slice_from_string(cases[i].platform), &error) : NULL;
        inspection_list_problems(inspection, only, &problems);
        assert_int_equal(problems.count, cases[i].count);
        if (problems.count == 1) {
            assert_memory_equal(problems.lines[0], multi_arm64, strlen(multi_arm64));
            assert_string_equal(problems.lines[0] + strlen(multi_arm64), ": missing");
        }
    }
}

static bool keep_it(const void *context, struct error *error)
{
    const struct inspection *original = context;
    struct inspection *copy = calloc(1, sizeof(*copy));

    if (!copy)
        return error_no_memory(error);
    copy->root.digest = original->root.digest;
    copy->root.media_type = original->root.media_type;
    CLEANUP(report_unref_p) struct report *report = report_of_inspection(copy, error);
    return report != NULL;
}

static void test_every_allocation_that_fails_is_told(void **state)
{
    (void)state;
    CLEANUP(inspection_free_p) struct inspection *inspection = inspect_golden("lab/oci:empty");

    assert_true(fail_alloc_sweep(keep_it, inspection) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_report_keeps_the_inspection_and_tells_its_digest),
        cmocka_unit_test(test_it_is_told_only_where_it_was_asked_for),
        cmocka_unit_test(test_what_lacks_a_child_is_partial),
        cmocka_unit_test(test_its_size_is_about_what_it_takes),
        cmocka_unit_test(test_problems_are_listed_with_the_digest_they_are_about),
        cmocka_unit_test(test_every_allocation_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

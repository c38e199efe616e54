/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --require: exact after normalising; what is missing is named, with what would run instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/requirement.h"
#include "manifest/manifest.h"

/* linux/amd64, linux/arm64/v8, linux/arm/v6. */
static struct report *three_platforms(void)
{
    static const struct platform platforms[] = {
        {.os = "linux", .architecture = "amd64", .variant = "", .os_version = ""},
        {.os = "linux", .architecture = "arm64", .variant = "v8", .os_version = ""},
        {.os = "linux", .architecture = "arm", .variant = "v6", .os_version = ""},
    };
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();
    struct digest digest;
    struct error error = {0};

    assert_non_null(builder);
    for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++)
        report_add_platform(builder, &platforms[i]);
    assert_true(digest_compute(DIGEST_SHA256, SLICE(""), &digest));
    struct report *report = report_builder_finish(builder, &digest, "m", true, &error);
    assert_non_null(report);
    return report;
}

static void test_L4_requirements_are_met_exactly_after_normalising(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *missing; /* NULL: met */
    } cases[] = {
        {"linux/amd64", NULL},
        {"linux/arm64", NULL},
        {"arm64,x86_64", NULL},
        {"linux/arm64/v8,linux/arm/v6", NULL},
        {"linux/arm/v7", "linux/arm/v7 is not offered (linux/arm/v6 runs on it)"},
        {"linux/s390x", "linux/s390x is not offered"},
        {"linux/s390x,linux/amd64,linux/386",
         "linux/s390x is not offered, linux/386 is not offered"},
        {"windows/amd64", "windows/amd64 is not offered"},
    };
    CLEANUP(report_unref_p) struct report *report = three_platforms();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(buffer_release) struct buffer missing = BUFFER_INIT(1024);
        struct error error = {0};
        CLEANUP(requirement_free_p)
        struct requirement *requirement =
            requirement_parse(slice_from_string(cases[i].text), &error);
        assert_non_null(requirement);
        assert_int_equal(requirement_is_met(requirement, report, &missing), !cases[i].missing);
        assert_string_equal(buffer_string(&missing), cases[i].missing ? cases[i].missing : "");
    }
}

static void test_L4_a_version_counts_where_it_is_required(void **state)
{
    static const struct platform windows = {
        .os = "windows", .architecture = "amd64", .variant = "", .os_version = "10.0.20348.2113"};
    static const char *const rows[][2] = {
        {"windows/amd64", ""},
        {" windows/amd64 , windows/amd64:10.0.20348.2113", ""}, /* as --platforms takes them */
        {"windows/amd64:10.0.20348.2113", ""},
        {"windows/amd64:10.0.17763.1", "windows/amd64:10.0.17763.1 is not offered"},
        {"windows/amd64:10.0.20348.3000", "windows/amd64:10.0.20348.3000 is not offered "
                                          "(windows/amd64:10.0.20348.2113 runs on it)"},
    };
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();
    struct digest digest;
    struct error error = {0};

    (void)state;
    report_add_platform(builder, &windows);
    assert_true(digest_compute(DIGEST_SHA256, SLICE(""), &digest));
    CLEANUP(report_unref_p)
    struct report *report = report_builder_finish(builder, &digest, "m", true, &error);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer missing = BUFFER_INIT(1024);
        CLEANUP(requirement_free_p)
        struct requirement *requirement = requirement_parse(slice_from_string(rows[i][0]), &error);
        assert_non_null(requirement);
        assert_int_equal(requirement_is_met(requirement, report, &missing), !*rows[i][1]);
        assert_string_equal(buffer_string(&missing), rows[i][1]);
    }
}

static void test_L3_every_part_must_be_a_platform(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",        ",", "linux/amd64,", ",linux/amd64", "linux", "linux/amd64,,linux/arm64",
        "a/b/c/d", "*"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct error error = {0};
        assert_null(requirement_parse(slice_from_string(texts[i]), &error));
        assert_int_equal(error.code, ERROR_INVALID);
    }
}

static void test_an_architecture_that_nobody_knows_is_refused_by_its_name(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"foo/bar", "no architecture 'bar' is known here"},
        {"linux/amd46", "no architecture 'amd46' is known here"},
        {"linux/amd64,linux/linux", "no architecture 'linux' is known here"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        assert_null(requirement_parse(slice_from_string(rows[i][0]), &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_string_equal(error.message, rows[i][1]);
    }
}

static void test_there_may_be_64_platforms_and_no_more(void **state)
{
    (void)state;
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(4096);
    struct error error = {0};

    (void)buffer_append_string(&text, "linux/amd64");
    for (int i = 1; i < 64; i++)
        (void)buffer_append_string(&text, ",linux/amd64");
    struct requirement *requirement = requirement_parse(buffer_slice(&text), &error);
    assert_non_null(requirement);
    requirement_free(requirement);

    (void)buffer_append_string(&text, ",linux/amd64");
    assert_null(requirement_parse(buffer_slice(&text), &error));
    assert_string_equal(error.message, "more than 64 platforms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_L4_requirements_are_met_exactly_after_normalising),
        cmocka_unit_test(test_L4_a_version_counts_where_it_is_required),
        cmocka_unit_test(test_L3_every_part_must_be_a_platform),
        cmocka_unit_test(test_an_architecture_that_nobody_knows_is_refused_by_its_name),
        cmocka_unit_test(test_there_may_be_64_platforms_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making reports: what is warned of, what is cut or refused, what memory it takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "reports.h"

/* -- warnings ------------------------------------------------------------------------------- */

static void assert_warnings(const struct report *report, const char *const *wanted, size_t count)
{
    for (size_t i = 0; i < report->warning_count && i < count; i++)
        assert_string_equal(report->warnings[i], wanted[i]);
    assert_int_equal(report->warning_count, count);
}

static void test_T11_equal_platforms_are_all_listed_and_warned_of_once(void **state)
{
    static const char *const wanted[] = {
        "linux/amd64 is listed 3 times",
        "linux/arm64 is listed 2 times",
        "windows/amd64 10.0.1 is listed 2 times",
    };
    const struct platform platforms[] = {
        on("linux", "amd64", ""),   on("linux", "arm64", ""),   on("linux", "x86_64", ""),
        on("linux", "arm64", "v8"), on("linux", "amd64", "v1"), windows("10.0.1", 1),
        windows("10.0.1", 1),
    };
    CLEANUP(report_unref_p) struct report *report = make(platforms, 7, true);

    (void)state;
    assert_int_equal(report->platform_count, 7);
    assert_warnings(report, wanted, 3);
}

static void test_T10_versions_and_features_make_platforms_different(void **state)
{
    const struct platform platforms[] = {windows("10.0.1", 0), windows("10.0.2", 0),
                                         windows("10.0.2", 1), windows("10.0.2", 2),
                                         windows("", 0)};
    CLEANUP(report_unref_p) struct report *report = make(platforms, 5, true);
    struct platform other = windows("10.0.2", 1);
    static const char *const b[] = {"b"};
    other.os_features = b;
    const struct platform same_count[] = {windows("10.0.2", 1), other};
    CLEANUP(report_unref_p) struct report *second = make(same_count, 2, true);

    (void)state;
    assert_warnings(report, NULL, 0);
    assert_warnings(second, NULL, 0);
}

static void test_T2_an_index_of_one_image_is_no_reason_to_warn(void **state)
{
    const struct platform platform = on("linux", "amd64", "");
    CLEANUP(report_unref_p) struct report *report = make(&platform, 1, true);

    (void)state;
    assert_warnings(report, NULL, 0);
}

static void test_L10_a_lone_image_without_a_platform_is_told_with_a_warning(void **state)
{
    static const char *const wanted[] = {"the image's configuration names no platform"};
    const struct platform rows[] = {on("", "", ""), on("linux", "", ""), on("", "amd64", "")};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(report_unref_p) struct report *report = make(&rows[i], 1, false);
        assert_int_equal(report->platform_count, 1);
        assert_warnings(report, wanted, 1);
    }
}

static void test_a_warning_is_said_once_and_there_are_at_most_16(void **state)
{
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();

    (void)state;
    assert_non_null(builder);
    for (int i = 0; i < 3 * (REPORT_WARNINGS_MAX + 4); i++)
        report_add_warning(builder, "warning %d", i / 3);
    CLEANUP(report_unref_p) struct report *report = finish(builder, OCI_INDEX, true);
    assert_int_equal(report->warning_count, REPORT_WARNINGS_MAX);
    assert_string_equal(report->warnings[0], "warning 0");
    assert_string_equal(report->warnings[15], "warning 15");
}

/* -- limits --------------------------------------------------------------------------------- */

static void test_L12_strings_are_cut_at_128_bytes_between_characters(void **state)
{
    char exact[128 + 1];
    char ascii[129 + 1];
    char umlauts[1 + 128 + 1];

    (void)state;
    memset(exact, 'a', sizeof(exact));
    memset(ascii, 'a', sizeof(ascii));
    exact[128] = ascii[129] = '\0';
    umlauts[0] = 'a';
    for (size_t i = 1; i < sizeof(umlauts) - 1; i += 2)
        memcpy(umlauts + i, "\xc3\xbc", 2);
    umlauts[129] = '\0';

    const struct platform platforms[] = {on("linux", exact, ""), on("linux", ascii, "v8"),
                                         on("linux", umlauts, "")};
    CLEANUP(report_unref_p) struct report *report = make(platforms, 3, true);
    assert_string_equal(report->platforms[0].architecture, exact);
    assert_string_equal(report->platforms[1].architecture, exact);
    assert_int_equal(strlen(report->platforms[2].architecture), 127);
    assert_int_equal(report->warning_count, 2);
    assert_non_null(strstr(report->warnings[0], "was cut after 128 bytes"));
}

static void test_L12_features_are_cut_at_32(void **state)
{
    static const char *const many[33] = {"0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",
                                         "9",  "10", "11", "12", "13", "14", "15", "16", "17",
                                         "18", "19", "20", "21", "22", "23", "24", "25", "26",
                                         "27", "28", "29", "30", "31", "32"};
    static const char *const wanted[] = {"a platform's os.features were cut after 32"};
    struct platform platform = on("linux", "amd64", "");

    (void)state;
    platform.os_features = many;
    platform.os_feature_count = 32;
    CLEANUP(report_unref_p) struct report *whole = make(&platform, 1, true);
    assert_int_equal(whole->platforms[0].os_feature_count, 32);
    assert_warnings(whole, NULL, 0);

    platform.os_feature_count = 33;
    CLEANUP(report_unref_p) struct report *cut = make(&platform, 1, true);
    assert_int_equal(cut->platforms[0].os_feature_count, 32);
    assert_string_equal(cut->platforms[0].os_features[31], "31");
    assert_warnings(cut, wanted, 1);
}

static void test_L12_more_than_1000_platforms_are_too_many(void **state)
{
    const struct platform platform = on("linux", "amd64", "");
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();
    struct digest digest;
    struct error error = {0};

    (void)state;
    assert_non_null(builder);
    assert_true(digest_parse(SLICE(DIGEST_TEXT), &digest, &error));
    for (size_t i = 0; i <= REPORT_PLATFORMS_MAX; i++)
        report_add_platform(builder, &platform);
    assert_null(report_builder_finish(builder, &digest, OCI_INDEX, true, &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
    assert_string_equal(error.message, "the image has 1001 platforms, more than 1000");
}

/* -- memory --------------------------------------------------------------------------------- */

static void test_a_usual_report_of_six_platforms_takes_less_than_500_bytes(void **state)
{
    const struct platform platforms[] = {
        on("linux", "amd64", ""),   on("linux", "arm", "v7"),   on("linux", "arm64", "v8"),
        on("linux", "ppc64le", ""), on("linux", "riscv64", ""), on("linux", "s390x", ""),
    };
    CLEANUP(report_unref_p) struct report *report = make(platforms, 6, true);

    (void)state;
    assert_true(report->size < 500);
}

static void test_every_common_word_is_shared(void **state)
{
    static const char *const words[] = {
        "386",  "amd64",  "arm",      "arm64",  "darwin",  "freebsd", "linux",  "loong64",
        "mips", "mips64", "mips64le", "mipsle", "ppc64le", "riscv64", "s390x",  "v5",
        "v6",   "v7",     "v8",       "wasi",   "wasip1",  "wasm",    "win32k", "windows"};
    const struct platform empty = on("", "", "");
    CLEANUP(report_unref_p) struct report *smallest = make(&empty, 1, true);

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const struct platform platform = on(words[i], words[i], words[i]);
        CLEANUP(report_unref_p) struct report *report = make(&platform, 1, true);
        assert_string_equal(report->platforms[0].os, words[i]);
        assert_int_equal(report->size, smallest->size);
    }
}

static void test_a_report_owns_what_it_shows(void **state)
{
    char os[] = "plan10";
    char type[] = "application/vnd.example";
    const struct platform platform = on(os, "sparc", "");
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();

    (void)state;
    assert_non_null(builder);
    report_add_platform(builder, &platform);
    CLEANUP(report_unref_p) struct report *report = finish(builder, type, true);
    memset(os, 'x', sizeof(os) - 1);
    memset(type, 'x', sizeof(type) - 1);
    assert_string_equal(report->platforms[0].os, "plan10");
    assert_string_equal(report->media_type, "application/vnd.example");
}

static void test_a_report_lives_as_long_as_its_last_reference(void **state)
{
    const struct platform platform = on("linux", "amd64", "");
    struct report *report = make(&platform, 1, true);

    (void)state;
    assert_ptr_equal(report_ref(report), report);
    report_unref(report);
    assert_string_equal(report->platforms[0].os, "linux"); /* ASan would tell */
    report_unref(report);
    report_unref(NULL);
    report_builder_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T11_equal_platforms_are_all_listed_and_warned_of_once),
        cmocka_unit_test(test_T10_versions_and_features_make_platforms_different),
        cmocka_unit_test(test_T2_an_index_of_one_image_is_no_reason_to_warn),
        cmocka_unit_test(test_L10_a_lone_image_without_a_platform_is_told_with_a_warning),
        cmocka_unit_test(test_a_warning_is_said_once_and_there_are_at_most_16),
        cmocka_unit_test(test_L12_strings_are_cut_at_128_bytes_between_characters),
        cmocka_unit_test(test_L12_features_are_cut_at_32),
        cmocka_unit_test(test_L12_more_than_1000_platforms_are_too_many),
        cmocka_unit_test(test_a_usual_report_of_six_platforms_takes_less_than_500_bytes),
        cmocka_unit_test(test_every_common_word_is_shared),
        cmocka_unit_test(test_a_report_owns_what_it_shows),
        cmocka_unit_test(test_a_report_lives_as_long_as_its_last_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

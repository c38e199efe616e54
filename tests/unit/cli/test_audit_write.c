/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of an audit, byte for byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/audit_write.h"
#include "cli/requirement.h"
#include "manifest/manifest.h"

enum {
    TEXT_MAX = 64 * 1024
};

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* The answer: linux/amd64 and a Windows. */
static struct report *make_report(void)
{
    static const struct platform linux_amd64 = {
        .os = "linux", .architecture = "amd64", .variant = "", .os_version = ""};
    static const struct platform windows = {
        .os = "windows", .architecture = "amd64", .variant = "", .os_version = "10.0.20348.1"};
    struct digest digest;
    struct error error = {0};

    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();
    assert_non_null(builder);
    assert_true(digest_parse(SLICE(DIGEST), &digest, &error));
    report_add_platform(builder, &linux_amd64);
    report_add_platform(builder, &windows);
    struct report *report = report_builder_finish(builder, &digest, "", true, &error);
    assert_non_null(report);
    return report;
}

static void test_each_format(void **state)
{
    (void)state;
    static const struct {
        enum audit_format format;
        const char *required;
        const char *text;
    } cases[] = {
        {AUDIT_TABLE, NULL,
         "IMAGE   OFFERS\n"
         "app     linux/amd64 windows/amd64:10.0.20348.1\n"
         "gone:1  ? not found, \"sorry\"\n"},
        {AUDIT_TABLE, "amd64,linux/arm64",
         "IMAGE   linux/amd64  linux/arm64  OFFERS\n"
         "app     yes          no           linux/amd64 windows/amd64:10.0.20348.1\n"
         "gone:1  ?            ?            ? not found, \"sorry\"\n"},
        {AUDIT_CSV, NULL,
         "\"image\",\"offered\",\"missing\",\"platforms\",\"digest\",\"code\",\"error\"\r\n"
         "\"app\",\"\",\"\",\"linux/amd64 windows/amd64:10.0.20348.1\",\"" DIGEST "\",\"\",\"\"\r\n"
         "\"gone:1\",\"\",\"\",\"\",\"\",\"not_found\",\"not found, \"\"sorry\"\"\"\r\n"},
        {AUDIT_CSV, "amd64,arm64",
         "\"image\",\"offered\",\"missing\",\"platforms\",\"digest\",\"code\",\"error\"\r\n"
         "\"app\",\"no\",\"linux/arm64\",\"linux/amd64 windows/amd64:10.0.20348.1\",\"" DIGEST
         "\",\"\",\"\"\r\n"
         "\"gone:1\",\"\",\"\",\"\",\"\",\"not_found\",\"not found, \"\"sorry\"\"\"\r\n"},
        {AUDIT_JSON, NULL,
         "{\"image\":\"app\",\"digest\":\"" DIGEST
         "\",\"platforms\":[\"linux/amd64\",\"windows/amd64:10.0.20348.1\"]}\n"
         "{\"image\":\"gone:1\",\"error\":\"not found, \\\"sorry\\\"\",\"code\":\"not_found\"}\n"},
        {AUDIT_JSON, "windows/amd64",
         "{\"image\":\"app\",\"digest\":\"" DIGEST "\",\"offered\":true,\"missing\":[],"
         "\"platforms\":[\"linux/amd64\",\"windows/amd64:10.0.20348.1\"]}\n"
         "{\"image\":\"gone:1\",\"error\":\"not found, \\\"sorry\\\"\",\"code\":\"not_found\"}\n"},
    };

    char app[] = "app";
    char gone[] = "gone:1";
    struct fleet_image images[] = {
        {.name = app, .answer = {.report = make_report()}},
        {.name = gone, .error = {.code = ERROR_NOT_FOUND, .message = "not found, \"sorry\""}}};
    struct fleet_image *all[] = {&images[0], &images[1]};
    const struct fleet fleet = {.images = all, .count = 2};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
        CLEANUP(requirement_free_p) struct requirement *requirement = NULL;
        struct error error = {0};
        if (cases[i].required)
            requirement = requirement_parse(slice_from_string(cases[i].required), &error);
        const struct audit_view view = {
            .format = cases[i].format,
            .requirement = requirement,
            .name_width = audit_name_width(&fleet),
        };
        audit_write_head(&view, &text);
        audit_write_row(&view, all[0], &text);
        audit_write_row(&view, all[1], &text);
        assert_string_equal(buffer_string(&text), cases[i].text);
    }
    answer_release(&images[0].answer);
}

static void test_what_looks_like_a_formula_is_a_text(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *cell;
    } cases[] = {
        {"=1+1", "\"'=1+1\","},   {"+1", "\"'+1\","},
        {"-1", "\"'-1\","},       {"@SUM", "\"'@SUM\","},
        {"a=b", "\"a=b\","},      {"\t=1", "\"\\x09=1\","},
        {"a,b", "\"a,b\","},      {"=\"x\"", "\"'=\"\"x\"\"\","},
        {"a\nb", "\"a\\x0ab\","},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
        const struct audit_view view = {.format = AUDIT_CSV};
        char name[16] = {0};
        memcpy(name, cases[i].name, strlen(cases[i].name));
        const struct fleet_image image = {.name = name, .error = {.code = ERROR_INVALID}};
        audit_write_row(&view, &image, &text);
        assert_memory_equal(buffer_string(&text), cases[i].cell, strlen(cases[i].cell));
    }
}

/* What offers nothing ends with its last word, and what has no name is shown as such. */
static void test_a_row_of_the_table_ends_without_blanks(void **state)
{
    static const char wanted[] = "IMAGE    linux/amd64  OFFERS\n"
                                 "scratch  no\n"
                                 "''       ?            ? invalid reference: it is empty\n";
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();
    struct digest digest;
    struct error error = {0};
    char names[][8] = {"scratch", ""};

    (void)state;
    assert_true(digest_parse(SLICE(DIGEST), &digest, &error));
    struct fleet_image images[] = {
        {.name = names[0],
         .answer = {.report = report_builder_finish(builder, &digest, "", true, &error)}},
        {.name = names[1],
         .error = {.code = ERROR_INVALID, .message = "invalid reference: it is empty"}}};
    struct fleet_image *all[] = {&images[0], &images[1]};
    CLEANUP(requirement_free_p)
    struct requirement *requirement = requirement_parse(SLICE("amd64"), &error);
    const struct audit_view view = {
        .format = AUDIT_TABLE,
        .requirement = requirement,
        .name_width = audit_name_width(&(const struct fleet){.images = all, .count = 2}),
    };
    audit_write_head(&view, &text);
    audit_write_row(&view, all[0], &text);
    audit_write_row(&view, all[1], &text);
    assert_string_equal(buffer_string(&text), wanted);
    answer_release(&images[0].answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_format),
        cmocka_unit_test(test_a_row_of_the_table_ends_without_blanks),
        cmocka_unit_test(test_what_looks_like_a_formula_is_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

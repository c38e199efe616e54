/* SPDX-License-Identifier: Apache-2.0 */
/* A report is the same after it was written and read; damage is refused, wherever it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manifest/manifest.h"

enum {
    ROOM = 64 * 1024
};

static struct report *some_report(bool is_odd)
{
    static const char *const features[] = {"win32k", "something-else"};
    const struct platform platforms[] = {
        {.os = "linux", .architecture = "arm64", .variant = "v8", .os_version = ""},
        {.os = "windows",
         .architecture = "amd64",
         .variant = "",
         .os_version = "10.0.20348.2113",
         .os_features = features,
         .os_feature_count = 2},
    };
    struct digest digest;
    struct error error;
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();

    assert_true(digest_compute(DIGEST_SHA256, SLICE("some"), &digest));
    for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++)
        report_add_platform(builder, &platforms[i]);
    report_add_attestation(builder);
    if (is_odd) {
        report_mark_local(builder);
        report_add_warning(builder, "an entry without a platform was left out");
        report_add_warning(builder, "another one, too");
    }
    struct report *report = report_builder_finish(
        builder, &digest, is_odd ? "application/odd" : "application/vnd.oci.image.index.v1+json",
        true, &error);
    assert_non_null(report);
    return report;
}

static char *as_json(const struct report *report)
{
    const struct report_view view = {.image = SLICE("some"), .confirmed = 1};
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(ROOM);

    assert_true(report_write_json(report, &view, &out));
    return buffer_take(&out);
}

static void test_it_says_the_same_afterwards(void **state)
{
    (void)state;
    for (int is_odd = 0; is_odd <= 1; is_odd++) {
        struct error error;
        CLEANUP(report_unref_p) struct report *report = some_report(is_odd);
        CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT(ROOM);

        assert_true(report_write_record(report, &bytes));
        CLEANUP(report_unref_p)
        struct report *again = report_read_record(buffer_slice(&bytes), &error);
        assert_non_null(again);
        CLEANUP(free_p) char *before = as_json(report);
        CLEANUP(free_p) char *after = as_json(again);
        assert_string_equal(before, after);
        assert_true(digest_equal(&report->digest, &again->digest));
        assert_int_equal(report->digest.algorithm, again->digest.algorithm);
        assert_int_equal(report->is_local, again->is_local);
        assert_int_equal(report->size, again->size);
    }
}

/* Under the sanitizers this finds what leaves the bytes. */
static void test_what_is_cut_off_is_refused(void **state)
{
    (void)state;
    CLEANUP(report_unref_p) struct report *report = some_report(true);
    CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT(ROOM);

    assert_true(report_write_record(report, &bytes));
    for (size_t length = 0; length < bytes.length; length++) {
        struct error error;
        CLEANUP(free_p) char *copy = malloc(length + 1);
        memcpy(copy, bytes.data, length);
        assert_null(report_read_record(slice_of(copy, length), &error));
        assert_int_equal(error.code, ERROR_INVALID);
    }
    assert_true(buffer_append_char(&bytes, 'x'));
    struct error error;
    assert_null(report_read_record(buffer_slice(&bytes), &error));
}

static void test_changed_bytes_never_lead_out_of_them(void **state)
{
    (void)state;
    static const unsigned char values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    CLEANUP(report_unref_p) struct report *report = some_report(true);
    CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT(ROOM);

    assert_true(report_write_record(report, &bytes));
    for (size_t i = 0; i < bytes.length; i++) {
        char before = bytes.data[i];
        for (size_t j = 0; j < sizeof(values); j++) {
            struct error error;
            bytes.data[i] = (char)values[j];
            report_unref(report_read_record(buffer_slice(&bytes), &error));
        }
        bytes.data[i] = before;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_says_the_same_afterwards),
        cmocka_unit_test(test_what_is_cut_off_is_refused),
        cmocka_unit_test(test_changed_bytes_never_lead_out_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

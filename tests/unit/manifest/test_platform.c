/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Platforms: one spelling of what means the same (L2), parsing (L3), and equality (L4, T8, T9).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "manifest/manifest.h"

static void assert_parses_as(const char *input, const char *wanted)
{
    struct error error = {0};
    struct buffer out = BUFFER_INIT(512);
    CLEANUP(platform_free_p)
    struct platform *platform = platform_parse(slice_from_string(input), &error);

    if (!platform) {
        fail_msg("'%s': %s", input, error.message);
        return;
    }
    assert_true(platform_write_version(platform, &out));
    if (strcmp(buffer_string(&out), wanted) != 0)
        fail_msg("'%s' is read as '%s', not '%s'", input, buffer_string(&out), wanted);
    assert_int_equal(platform->os_feature_count, 0);
    buffer_release(&out);
}

static const char *const spellings[][2] = {
    {"linux/amd64", "linux/amd64"},
    {"linux/arm64/v8", "linux/arm64"},
    {"arm64", "linux/arm64"},
    {"aarch64", "linux/arm64"},
    {"AMD64", "linux/amd64"},
    {"x86_64", "linux/amd64"},
    {"x86-64", "linux/amd64"},
    {"linux/x86_64/v1", "linux/amd64"},
    {"linux/amd64/v3", "linux/amd64/v3"},
    {"i386", "linux/386"},
    {"386", "linux/386"},
    {"arm", "linux/arm/v7"},
    {"armhf", "linux/arm/v7"},
    {"armel", "linux/arm/v6"},
    {"linux/arm/5", "linux/arm/v5"},
    {"linux/arm/6", "linux/arm/v6"},
    {"linux/arm/7", "linux/arm/v7"},
    {"linux/arm/8", "linux/arm/v8"},
    {"linux/arm64/8", "linux/arm64"},
    {"linux/arm64/v8.0", "linux/arm64"},
    {"linux/arm64/9", "linux/arm64/v9"},
    {"linux/arm64/9.0", "linux/arm64/v9"},
    {"linux/arm64/v9.0", "linux/arm64/v9"},
    {"linux/arm64/v9.1", "linux/arm64/v9.1"},
    {"MacOS/ARM64", "darwin/arm64"},
    {"Linux/ARM/V6", "linux/arm/v6"},
    {"windows/amd64", "windows/amd64"},
    {"wasi/wasm", "wasi/wasm"},
    {"riscv64", "linux/riscv64"},
    {"plan10/sparc", "plan10/sparc"},
    {"linux/armv8", "linux/armv8"},
    {"Windows/x86_64:10.0.17763.2300", "windows/amd64:10.0.17763.2300"},
    {"windows/amd64/v2:10.0.17763.2300", "windows/amd64/v2:10.0.17763.2300"},
    {"plan10/sparc:2.0-RC_1", "plan10/sparc:2.0-RC_1"},
};

static void test_L2_and_L3_platforms_are_read_into_one_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
        assert_parses_as(spellings[i][0], spellings[i][1]);
}

static void test_L3_what_is_no_platform_is_refused_with_its_reason(void **state)
{
    static const char parts[] = "each part must be";
    static const struct {
        const char *input;
        const char *why;
    } rows[] = {
        {"", parts},
        {"/", parts},
        {"linux/", parts},
        {"/amd64", parts},
        {"linux//v7", parts},
        {"linux/arm/", parts},
        {"*", parts},
        {"linux/*", parts},
        {"linux/amd64 ", parts},
        {"linux/amd64\n", parts},
        {"linux/\xc3\xa9", parts},
        {"linux/arm/v7/x", "more than os, architecture and variant"},
        {"a/b/c/d/e", "more than os, architecture and variant"},
        {"linux", "an operating system alone"},
        {"Windows", "an operating system alone"},
        {"macos", "an operating system alone"},
        {"arm64/v8", "begins with an architecture, write linux/ before it"},
        {"ARM/v7", "begins with an architecture"},
        {"arm46", "not an architecture known here"},
        {"windows/amd64:", parts},
        {"windows/amd64:10.0:1", parts},
        {"windows/amd64:10.0/v2", parts},
        {"windows/amd64:*", parts},
        {":10.0", parts},
        {"windows:10.0", "an operating system alone"},
        {"amd64:10.0", "a version needs its system, write os/architecture:version"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        if (platform_parse(slice_from_string(rows[i].input), &error))
            fail_msg("'%s' is accepted", rows[i].input);
        assert_int_equal(error.code, ERROR_INVALID);
        if (!strstr(error.message, rows[i].why))
            fail_msg("'%s': '%s' is without '%s'", rows[i].input, error.message, rows[i].why);
        assert_null(strchr(error.message, '\n'));
    }
}

static void test_L12_a_part_has_at_most_128_bytes(void **state)
{
    struct error error = {0};
    struct buffer input = BUFFER_INIT(256);

    (void)state;
    (void)buffer_append_string(&input, "linux/");
    for (size_t i = 0; i < 128; i++)
        (void)buffer_append_char(&input, 'a');
    CLEANUP(platform_free_p)
    struct platform *platform = platform_parse(buffer_slice(&input), &error);
    assert_non_null(platform);
    assert_true(buffer_append_char(&input, 'a'));
    assert_null(platform_parse(buffer_slice(&input), &error));
    buffer_release(&input);
}

static struct platform offered(const char *os, const char *architecture, const char *variant)
{
    return (struct platform){
        .os = os, .architecture = architecture, .variant = variant, .os_version = ""};
}

static void test_L4_offered_is_equality_of_meaning(void **state)
{
    static const struct {
        const char *asked;
        const char *os;
        const char *architecture;
        const char *variant;
        bool equal;
    } rows[] = {
        {"linux/arm64", "linux", "arm64", "v8", true},
        {"linux/arm64/v8", "linux", "arm64", "", true},
        {"linux/arm64", "Linux", "AArch64", "V8", true},
        {"linux/arm64", "linux", "arm64", "v9", false},
        {"linux/arm64/v9", "linux", "arm64", "9.0", true},
        {"linux/arm64", "linux", "arm", "v8", false},
        {"linux/arm", "linux", "arm", "v7", true},
        {"linux/arm/v7", "linux", "arm", "", true},
        {"linux/arm/v7", "linux", "armhf", "", true},
        {"linux/arm/v7", "linux", "arm", "v6", false},
        {"linux/arm/v6", "linux", "arm", "v7", false},
        {"linux/amd64", "linux", "amd64", "v1", true},
        {"linux/amd64", "linux", "amd64", "v2", false},
        {"linux/amd64/v2", "linux", "amd64", "", false},
        {"linux/amd64", "linux", "386", "", false},
        {"linux/amd64", "windows", "amd64", "", false},
        {"darwin/arm64", "macOS", "arm64", "", true},
        {"linux/riscv64", "linux", "riscv64", "", true},
        {"linux/riscv64", "linux", "riscv64", "rva23", false},
        {"linux/armv8", "linux", "armv8", "", true},
        {"linux/amd64", "", "", "", false},
        {"linux/amd64", "linux", "", "", false},
        {"linux/amd64", "unknown", "unknown", "", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error;
        struct platform other = offered(rows[i].os, rows[i].architecture, rows[i].variant);
        CLEANUP(platform_free_p)
        struct platform *asked = platform_parse(slice_from_string(rows[i].asked), &error);
        assert_non_null(asked);
        if (platform_equal(asked, &other) != rows[i].equal)
            fail_msg("'%s' against %s/%s/%s is not %d", rows[i].asked, rows[i].os,
                     rows[i].architecture, rows[i].variant, rows[i].equal);
    }
}

static void test_L4_an_os_version_counts_only_where_it_is_asked_for(void **state)
{
    struct platform asked = offered("windows", "amd64", "");
    struct platform entry = offered("windows", "amd64", "");

    (void)state;
    entry.os_version = "10.0.20348.1";
    assert_true(platform_equal(&asked, &entry));
    asked.os_version = "10.0.20348.1";
    assert_true(platform_equal(&asked, &entry));
    asked.os_version = "10.0.20348";
    assert_false(platform_equal(&asked, &entry));
}

static void test_L3_what_is_shown_can_be_asked_for(void **state)
{
    struct platform entry = offered("windows", "amd64", "");
    struct platform other = entry;
    CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(PLATFORM_TEXT_MAX);
    struct error error = {0};

    (void)state;
    entry.os_version = "10.0.17763.2300";
    other.os_version = "10.0.20348.2113";
    assert_true(platform_write_version(&entry, &shown));
    CLEANUP(platform_free_p) struct platform *asked = platform_parse(buffer_slice(&shown), &error);
    assert_non_null(asked);
    assert_true(platform_equal(asked, &entry));
    assert_false(platform_equal(asked, &other));
}

/* Every byte of each part escaped, and cut. */
static void test_S20_no_platform_needs_more_room_than_is_said(void **state)
{
    char part[256];
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(PLATFORM_TEXT_MAX);

    (void)state;
    memset(part, '\x1b', sizeof(part) - 1);
    part[sizeof(part) - 1] = '\0';
    struct platform longest = offered(part, part, part);
    longest.os_version = part;
    assert_true(platform_write_version(&longest, &out));
}

static void test_S20_a_platform_from_a_registry_is_written_safely(void **state)
{
    struct platform entry = offered("li\x1b[2Jnux", "amd64\n", "");
    struct buffer out = BUFFER_INIT(512);
    struct buffer full = BUFFER_INIT(3);

    (void)state;
    assert_true(platform_write(&entry, &out));
    assert_string_equal(buffer_string(&out), "li\\x1b[2Jnux/amd64\\x0a");
    assert_false(platform_write(&entry, &full));
    buffer_release(&out);
    buffer_release(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_L2_and_L3_platforms_are_read_into_one_spelling),
        cmocka_unit_test(test_L3_what_is_no_platform_is_refused_with_its_reason),
        cmocka_unit_test(test_L12_a_part_has_at_most_128_bytes),
        cmocka_unit_test(test_L4_offered_is_equality_of_meaning),
        cmocka_unit_test(test_L4_an_os_version_counts_only_where_it_is_asked_for),
        cmocka_unit_test(test_L3_what_is_shown_can_be_asked_for),
        cmocka_unit_test(test_S20_no_platform_needs_more_room_than_is_said),
        cmocka_unit_test(test_S20_a_platform_from_a_registry_is_written_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

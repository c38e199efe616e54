/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs on a machine: the table of L3, features (L5), versions of Windows (L6).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "manifest/manifest.h"

enum {
    ACCEPTED_MAX = 24
};

static struct platform *parse(const char *text)
{
    struct error error;
    struct platform *platform = platform_parse(slice_from_string(text), &error);
    if (!platform)
        fail_msg("'%s': %s", text, error.message);
    return platform;
}

static ptrdiff_t runs(const char *asked_text, const char *const *texts, size_t count)
{
    CLEANUP(platform_free_p) struct platform *asked = parse(asked_text);
    struct platform *parsed[2];
    struct platform list[2];

    assert_true(count <= 2);
    for (size_t i = 0; i < count; i++) {
        parsed[i] = parse(texts[i]);
        list[i] = *parsed[i];
    }
    ptrdiff_t found = platform_runs(asked, list, count);
    for (size_t i = 0; i < count; i++)
        platform_free(parsed[i]);
    return found;
}

static const struct {
    const char *asked;
    const char *accepted[ACCEPTED_MAX]; /* best first */
} rows[] = {
    {"linux/amd64", {"amd64", "386"}},
    {"linux/amd64/v3", {"linux/amd64/v3", "linux/amd64/v2", "amd64", "386"}},
    {"linux/386", {"386"}},
    {"linux/arm", {"linux/arm/v7", "linux/arm/v6", "linux/arm/v5"}},
    {"linux/arm/v6", {"linux/arm/v6", "linux/arm/v5"}},
    {"linux/arm/v8", {"linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"}},
    {"linux/arm64", {"arm64", "linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"}},
    {"linux/arm64/v8.2",
     {"linux/arm64/v8.2", "linux/arm64/v8.1", "arm64", "linux/arm/v8", "linux/arm/v7",
      "linux/arm/v6", "linux/arm/v5"}},
    {"linux/arm64/v9",
     {"linux/arm64/v9", "linux/arm64/v8.5", "linux/arm64/v8.4", "linux/arm64/v8.3",
      "linux/arm64/v8.2", "linux/arm64/v8.1", "arm64", "linux/arm/v8", "linux/arm/v7",
      "linux/arm/v6", "linux/arm/v5"}},
    {"linux/arm64/v9.1",
     {"linux/arm64/v9.1", "linux/arm64/v9", "linux/arm64/v8.6", "linux/arm64/v8.5",
      "linux/arm64/v8.4", "linux/arm64/v8.3", "linux/arm64/v8.2", "linux/arm64/v8.1", "arm64",
      "linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"}},
    {"linux/riscv64", {"riscv64"}},
    {"linux/sparc/v9", {"linux/sparc/v9"}},
    {"linux/arm64/v10", {"linux/arm64/v10"}},
    {"linux/arm/v9", {"linux/arm/v9"}},
    {"linux/amd64/v9", {"linux/amd64/v9"}},
    {"windows/amd64", {"windows/amd64", "windows/386"}},
};

/* All that the table speaks of, and some that nothing accepts. */
static const char *const all[] = {
    "amd64",
    "386",
    "riscv64",
    "s390x",
    "linux/amd64/v2",
    "linux/amd64/v3",
    "linux/amd64/v4",
    "linux/amd64/v9",
    "linux/arm/v5",
    "linux/arm/v6",
    "linux/arm/v7",
    "linux/arm/v8",
    "linux/arm/v9",
    "linux/arm64/v10",
    "arm64",
    "linux/arm64/v8.1",
    "linux/arm64/v8.2",
    "linux/arm64/v8.3",
    "linux/arm64/v8.4",
    "linux/arm64/v8.5",
    "linux/arm64/v8.6",
    "linux/arm64/v8.7",
    "linux/arm64/v8.9",
    "linux/arm64/v9",
    "linux/arm64/v9.1",
    "linux/arm64/v9.7",
    "linux/sparc",
    "linux/sparc/v9",
    "windows/amd64",
    "windows/386",
    "darwin/arm64",
    "wasi/wasm",
};

static bool is_accepted(size_t row, const char *text)
{
    for (size_t i = 0; rows[row].accepted[i]; i++)
        if (strcmp(rows[row].accepted[i], text) == 0)
            return true;
    return false;
}

static void test_L3_each_machine_runs_what_its_row_accepts_and_nothing_else(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
            if ((runs(rows[row].asked, &all[i], 1) == 0) != is_accepted(row, all[i]))
                fail_msg("'%s' on '%s' is not %d", all[i], rows[row].asked,
                         is_accepted(row, all[i]));
        }
    }
}

static void test_L3_the_better_of_two_is_found_in_either_order(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        const char *const *accepted = rows[row].accepted;
        for (size_t i = 0; accepted[i] && accepted[i + 1]; i++) {
            const char *const reversed[] = {accepted[i + 1], accepted[i]};
            if (runs(rows[row].asked, &accepted[i], 2) != 0 ||
                runs(rows[row].asked, reversed, 2) != 1)
                fail_msg("on '%s', '%s' is not better than '%s'", rows[row].asked, accepted[i],
                         accepted[i + 1]);
        }
    }
}

static void test_L4_ties_go_to_the_first(void **state)
{
    static const char *const equal[] = {"linux/arm64/v8", "aarch64"};

    (void)state;
    assert_int_equal(runs("linux/arm64", equal, 2), 0);
    assert_int_equal(runs("linux/arm64", NULL, 0), -1);
}

static struct platform windows(const char *version)
{
    return (struct platform){
        .os = "windows", .architecture = "amd64", .variant = "", .os_version = version};
}

static void test_L5_an_entry_may_want_no_feature_that_the_machine_lacks(void **state)
{
    static const char *const machine[] = {"a", "b"};
    static const char *const wanted[] = {"b", "win32k", "c"};
    struct platform asked = windows("");
    struct platform entry = windows("");

    (void)state;
    asked.os_features = machine;
    asked.os_feature_count = 2;
    entry.os_features = wanted;
    entry.os_feature_count = 2;
    assert_int_equal(platform_runs(&asked, &entry, 1), 0);
    entry.os_feature_count = 3;
    assert_int_equal(platform_runs(&asked, &entry, 1), -1);
}

static void test_L6_windows_builds(void **state)
{
    static const struct {
        const char *host;
        const char *container;
        bool runs;
    } versions[] = {
        {"", "10.0.17763.1", true},
        {"10.0.17763.1", "", true},
        {"10.0.17763.1", "10.0.17763.2300", true},
        {"10.0.17763.1", "10.0.17134.1", false},
        {"10.0.20348.1", "10.0.20348.2113", true},
        {"10.0.20348.1", "10.0.17763.1", false},
        {"10.0.22621.1", "10.0.20348.1", true},
        {"10.0.22621.1", "10.0.22631.1", false},
        {"10.0.26100.1", "10.0.20348.1", true},
        {"10.0.26100.1", "10.0.26100.1", true},
        {"10.0.26200.1", "10.0.20348.1", false},
        {"10.0.26200.1", "10.0.26100.1", true},
        {"10.1.20348.1", "10.0.20348.1", false},
        {"10.0", "10.0.20348.1", false},
        {"10.0.20348.1", "junk", false},
        {"10.0.99999999999.1", "10.0.20348", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        struct platform asked = windows(versions[i].host);
        struct platform entry = windows(versions[i].container);
        if ((platform_runs(&asked, &entry, 1) == 0) != versions[i].runs)
            fail_msg("'%s' on '%s' is not %d", versions[i].container, versions[i].host,
                     versions[i].runs);
    }
}

static void test_L6_the_higher_version_wins_where_a_version_is_asked_for(void **state)
{
    const struct platform list[] = {
        windows("10.0.20348.1"),
        windows("10.0.20348.300"),
        windows("10.0.20348.300"),
        windows("10.0.20348.20"),
    };
    struct platform asked = windows("10.0.20348.5");

    (void)state;
    assert_int_equal(platform_runs(&asked, list, 4), 1);
    asked.os_version = "";
    assert_int_equal(platform_runs(&asked, list, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_L3_each_machine_runs_what_its_row_accepts_and_nothing_else),
        cmocka_unit_test(test_L3_the_better_of_two_is_found_in_either_order),
        cmocka_unit_test(test_L4_ties_go_to_the_first),
        cmocka_unit_test(test_L5_an_entry_may_want_no_feature_that_the_machine_lacks),
        cmocka_unit_test(test_L6_windows_builds),
        cmocka_unit_test(test_L6_the_higher_version_wins_where_a_version_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which words a list may say (P19).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "manifest/assemble.h"
#include "manifest/platform_words.h"

static bool check(const char *os, const char *architecture, const char *variant,
                  struct error *error)
{
    struct platform platform = {
        .os = os, .architecture = architecture, .variant = variant, .os_version = ""};
    return list_check_platform(&platform, "a/b:1", error);
}

static void test_P19_every_known_word_is_accepted(void **state)
{
    static const char *const variants[][2] = {
        {"amd64", "v1"}, {"amd64", "v2"},   {"amd64", "v3"},   {"amd64", "v4"},   {"arm", "v5"},
        {"arm", "v6"},   {"arm", "v7"},     {"arm", "v8"},     {"arm64", "v8"},   {"arm64", "v8.2"},
        {"arm64", "v9"}, {"arm64", "v9.7"}, {"arm64", "v8.9"}, {"arm64", "v9.0"},
    };
    struct error error = {0};
    size_t systems = 0;
    size_t architectures = 0;

    (void)state;
    for (; known_systems[systems]; systems++)
        assert_true(check(known_systems[systems], "amd64", "", &error));
    for (; known_architectures[architectures]; architectures++)
        assert_true(check("linux", known_architectures[architectures], "", &error));
    assert_int_equal(systems, 15);
    assert_int_equal(architectures, 14);
    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
        if (!check("linux", variants[i][0], variants[i][1], &error))
            fail_msg("%s", error.message);
    }
}

static void test_P19_others_are_refused_with_what_is_known(void **state)
{
    static const struct {
        const char *os;
        const char *architecture;
        const char *variant;
        const char *message;
    } rows[] = {
        {"plan10", "amd64", "",
         "the os 'plan10' of 'a/b:1' is none of aix, android, darwin, dragonfly, freebsd, illumos, "
         "ios, js, linux, netbsd, openbsd, plan9, solaris, wasip1, windows"},
        {"macos", "arm64", "", "the os 'macos' of 'a/b:1' is none of "},
        {"", "arm64", "", "the os '' of 'a/b:1' is none of "},
        {"linux", "", "", "the architecture '' of 'a/b:1' is none of "},
        {"linux", "AMD64", "",
         "the architecture 'AMD64' of 'a/b:1' is none of 386, amd64, arm, arm64, loong64, mips, "
         "mips64, mips64le, mipsle, ppc64, ppc64le, riscv64, s390x, wasm"},
        {"linux", "x\x1b", "", "the architecture 'x\\x1b' of 'a/b:1' is none of "},
        {"linux", "arm", "7", "the variant '7' of 'a/b:1' is none of v5, v6, v7, v8"},
        {"linux", "arm64", "v7", "the variant 'v7' of 'a/b:1' is none of v8, v8.0, v8.1, "},
        {"linux", "arm64", "v8.10", "the variant 'v8.10' of 'a/b:1' is none of v8, "},
        {"linux", "amd64", "v5", "the variant 'v5' of 'a/b:1' is none of v1, v2, v3, v4"},
        {"linux", "mips64", "r6", "'a/b:1' has the variant 'r6', but mips64 has none"},
        {"", "", "v7", "nothing says which platform 'a/b:1' is for"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        assert_false(check(rows[i].os, rows[i].architecture, rows[i].variant, &error));
        if (strncmp(error.message, rows[i].message, strlen(rows[i].message)) != 0)
            fail_msg("'%s' is not '%s'", error.message, rows[i].message);
        assert_int_equal(error.code, ERROR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_P19_every_known_word_is_accepted),
        cmocka_unit_test(test_P19_others_are_refused_with_what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "manifest/manifest.h"

#define REPEAT4(text)  text text text text
#define REPEAT16(text) REPEAT4(REPEAT4(text))
#define F64            REPEAT16("ffff")

/* FIPS 180-4's example, and the empty text. */
#define SHA256_ABC   "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA256_EMPTY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA512_ABC                                                                     \
    "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a2" \
    "74fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

static void test_R6_sha256_and_sha512_are_read(void **state)
{
    struct digest digest;
    struct error error;

    (void)state;
    assert_true(digest_parse(SLICE("sha256:" F64), &digest, &error));
    assert_int_equal(digest.algorithm, DIGEST_SHA256);
    assert_string_equal(digest.text, "sha256:" F64);
    assert_true(digest_parse(SLICE("sha512:" F64 F64), &digest, &error));
    assert_int_equal(digest.algorithm, DIGEST_SHA512);
    assert_string_equal(digest.text, "sha512:" F64 F64);
}

static void test_R6_each_way_to_be_wrong_has_its_own_words(void **state)
{
    static const struct {
        const char *input;
        const char *why;
    } rows[] = {
        {"", "is not of the form"},
        {"sha256", "is not of the form"},
        {":" F64, "is not of the form"},
        {F64, "is not of the form"},
        {"md5:ffffffffffffffffffffffffffffffff", "'md5' is not supported"},
        {"sha384:" F64 "ffffffffffffffffffffffffffffffff", "'sha384' is not supported"},
        {"blake3:" F64, "'blake3' is not supported"},
        {"sha256+x:" F64, "'sha256+x' is not supported"},
        {"\x1b[2J:" F64, "'\\x1b[2J' is not supported"},
        {"SHA256:" F64, "must be in lower case"},
        {"sha256:", "has 64 hex digits, not 0"},
        {"sha256:" F64 "f", "has 64 hex digits, not 65"},
        {"sha256:fff", "has 64 hex digits, not 3"},
        {"sha512:" F64, "has 128 hex digits, not 64"},
        {"sha256:../../x", "byte 1 of the sha256 digest is no lower-case hex digit"},
        {"sha256:ffF" F64, "byte 3 of the sha256 digest"},
        {"sha256:" F64 "\n", "byte 65 of the sha256 digest"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct digest digest = {.text = "untouched"};
        struct error error = {0};
        if (digest_parse(slice_from_string(rows[i].input), &digest, &error))
            fail_msg("'%s' is accepted", rows[i].input);
        assert_int_equal(error.code, ERROR_INVALID);
        if (!strstr(error.message, rows[i].why))
            fail_msg("'%s': '%s' is without '%s'", rows[i].input, error.message, rows[i].why);
        assert_string_equal(digest.text, "untouched");
    }
}

static void test_S15_a_nul_does_not_end_a_digest(void **state)
{
    struct digest digest;
    struct error error;

    (void)state;
    assert_false(digest_parse(SLICE("sha256:" F64 "\0"), &digest, &error));
}

static void test_H9_digests_are_computed_of_the_bytes(void **state)
{
    struct digest digest;

    (void)state;
    assert_true(digest_compute(DIGEST_SHA256, SLICE("abc"), &digest));
    assert_string_equal(digest.text, SHA256_ABC);
    assert_true(digest_compute(DIGEST_SHA256, (struct slice){0}, &digest));
    assert_string_equal(digest.text, SHA256_EMPTY);
    assert_true(digest_compute(DIGEST_SHA512, SLICE("abc"), &digest));
    assert_int_equal(digest.algorithm, DIGEST_SHA512);
    assert_string_equal(digest.text, SHA512_ABC);
}

static void test_H9_equality_is_of_algorithm_and_all_digits(void **state)
{
    struct digest a;
    struct digest b;
    struct digest other_text;
    struct digest other_algorithm;

    (void)state;
    assert_true(digest_compute(DIGEST_SHA256, SLICE("abc"), &a));
    assert_true(digest_compute(DIGEST_SHA256, SLICE("abc"), &b));
    assert_true(digest_compute(DIGEST_SHA256, SLICE("abd"), &other_text));
    assert_true(digest_compute(DIGEST_SHA512, SLICE("abc"), &other_algorithm));
    assert_true(digest_equal(&a, &b));
    assert_false(digest_equal(&a, &other_text));
    assert_false(digest_equal(&a, &other_algorithm));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_R6_sha256_and_sha512_are_read),
        cmocka_unit_test(test_R6_each_way_to_be_wrong_has_its_own_words),
        cmocka_unit_test(test_S15_a_nul_does_not_end_a_digest),
        cmocka_unit_test(test_H9_digests_are_computed_of_the_bytes),
        cmocka_unit_test(test_H9_equality_is_of_algorithm_and_all_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

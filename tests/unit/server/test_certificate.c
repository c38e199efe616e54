/* SPDX-License-Identifier: Apache-2.0 */
/* What is served, and what is refused, is tested with real certificates (test_access.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/certificate.h"

static void test_a_certificate_is_the_same_by_its_bytes(void **state)
{
    char chain[] = "chain";
    char key[] = "key";
    char other[] = "other";
    const struct certificate one = {.chain = chain, .key = key};
    const struct certificate same = {.chain = chain, .key = key};
    const struct certificate another_chain = {.chain = other, .key = key};
    const struct certificate another_key = {.chain = chain, .key = other};

    (void)state;
    assert_true(certificate_is_same(&one, &same));
    assert_false(certificate_is_same(&one, &another_chain));
    assert_false(certificate_is_same(&one, &another_key));
    assert_false(certificate_is_same(&one, NULL));
    assert_false(certificate_is_same(NULL, &one));
    assert_true(certificate_is_same(NULL, NULL));
}

static void test_what_is_no_certificate_is_refused_by_its_path(void **state)
{
    static const struct {
        const char *path;
        const char *message;
    } rows[] = {
        {"/dev/null", "/dev/null: there is no certificate in it (PEM is wanted)"},
        {"/nowhere", "/nowhere: No such file or directory"},
        {"/", "/: Is a directory"},
        {"/dev/zero", "/dev/zero: the file is too large"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error;
        assert_null(certificate_read(rows[i].path, "/dev/null", &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_string_equal(error.message, rows[i].message);
    }
}

static void test_nothing_is_counted_too(void **state)
{
    (void)state;
    assert_null(certificate_ref(NULL));
    certificate_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_is_the_same_by_its_bytes),
        cmocka_unit_test(test_what_is_no_certificate_is_refused_by_its_path),
        cmocka_unit_test(test_nothing_is_counted_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

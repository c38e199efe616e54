/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WWW-Authenticate in all the ways registries write it, and in a few that nobody should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "registry/challenge.h"

enum {
    HEADERS_MAX = 3
};

struct row {
    const char *headers[HEADERS_MAX];
    enum challenge_scheme scheme;
    const char *realm;
    const char *service;
    const char *scope;
    const char *error;
};

static bool choose(const char *const *headers, struct challenge *out, struct error *error)
{
    struct slice values[HEADERS_MAX];
    size_t count = 0;

    for (; count < HEADERS_MAX && headers[count]; count++)
        values[count] = slice_from_string(headers[count]);
    return challenge_choose(values, count, out, error);
}

static void assert_same(const char *text, const char *expected)
{
    assert_string_equal(text ? text : "(absent)", expected ? expected : "(absent)");
}

static void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct challenge challenge = {0};
        struct error error = {0};
        if (!choose(rows[i].headers, &challenge, &error))
            fail_msg("%s: %s", rows[i].headers[0], error.message);
        assert_int_equal(challenge.scheme, rows[i].scheme);
        assert_same(challenge.realm, rows[i].realm);
        assert_same(challenge.service, rows[i].service);
        assert_same(challenge.scope, rows[i].scope);
        assert_same(challenge.error, rows[i].error);
        challenge_release(&challenge);
    }
}

#define ASSERT_ROWS(rows) assert_rows((rows), sizeof(rows) / sizeof((rows)[0]))

static void test_A4_the_vectors_of_the_protocol_checklist(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{"Bearer realm=\"https://auth.x/t\",service=\"s\",scope=\"repository:a/b:pull,push\""},
         CHALLENGE_BEARER,
         "https://auth.x/t",
         "s",
         "repository:a/b:pull,push",
         NULL},
        {{"BASIC realm=\"Sonatype\""}, CHALLENGE_BASIC, "Sonatype", NULL, NULL, NULL},
        {{"Bearer realm=\"https://a/t\",service=\"s\", Basic realm=\"r\""},
         CHALLENGE_BEARER,
         "https://a/t",
         "s",
         NULL,
         NULL},
        {{"Negotiate, Basic realm=\"r\", charset=\"UTF-8\""},
         CHALLENGE_BASIC,
         "r",
         NULL,
         NULL,
         NULL},
        {{"Bearer realm=\"https://a/t?x=\\\"q\\\"\",service=\"\""},
         CHALLENGE_BEARER,
         "https://a/t?x=\"q\"",
         NULL,
         NULL,
         NULL},
        {{"Bearer realm=\"https://a/t\",error=\"insufficient_scope\","
          "scope=\"repository:g/a:pull repository:g/b:pull\""},
         CHALLENGE_BEARER,
         "https://a/t",
         NULL,
         "repository:g/a:pull repository:g/b:pull",
         "insufficient_scope"},
        {{"Bearer realm=\"http://169.254.169.254/x\""},
         CHALLENGE_BEARER,
         "http://169.254.169.254/x",
         NULL,
         NULL,
         NULL},
    };

    ASSERT_ROWS(rows);
}

static void test_T24_the_ways_registries_write_a_challenge(void **state)
{
    (void)state;
    static const struct row rows[] = {
        /* Two headers, in both orders. */
        {{"Basic realm=\"r\"", "Bearer realm=\"https://a/t\""},
         CHALLENGE_BEARER,
         "https://a/t",
         NULL,
         NULL,
         NULL},
        {{"Bearer realm=\"https://a/t\"", "Basic realm=\"r\""},
         CHALLENGE_BEARER,
         "https://a/t",
         NULL,
         NULL,
         NULL},
        /* One header with two, Basic first. */
        {{"Basic realm=\"r\", Bearer realm=\"https://a/t\",service=\"s\""},
         CHALLENGE_BEARER,
         "https://a/t",
         "s",
         NULL,
         NULL},
        {{"Bearer realm=\"/service/token\",service=\"harbor-registry\""},
         CHALLENGE_BEARER,
         "/service/token",
         "harbor-registry",
         NULL,
         NULL},
        {{"Bearer realm=/token"}, CHALLENGE_BEARER, "/token", NULL, NULL, NULL},
        {{"Bearer realm=https://a/t?x=y,service=s"},
         CHALLENGE_BEARER,
         "https://a/t?x=y",
         "s",
         NULL,
         NULL},
        /* Oracle's registry. */
        {{"Bearer realm=\"https://a/t\",service=\"s\",scope=\"\""},
         CHALLENGE_BEARER,
         "https://a/t",
         "s",
         NULL,
         NULL},
        {{"bearer REALM=\"https://a/t\",Service=s,SCOPE=x"},
         CHALLENGE_BEARER,
         "https://a/t",
         "s",
         "x",
         NULL},
        {{"  Bearer   realm = \"https://a/t\" ,\tservice\t=\ts ,, "},
         CHALLENGE_BEARER,
         "https://a/t",
         "s",
         NULL,
         NULL},
        {{", ,Bearer realm=\"https://a/t\""}, CHALLENGE_BEARER, "https://a/t", NULL, NULL, NULL},
        {{"Basic"}, CHALLENGE_BASIC, NULL, NULL, NULL, NULL},
        {{"Basic, Negotiate"}, CHALLENGE_BASIC, NULL, NULL, NULL, NULL},
        {{"Basic realm=\"a\", Basic realm=\"b\""}, CHALLENGE_BASIC, "a", NULL, NULL, NULL},
        {{"Bearer realm=\"https://a/1\", Bearer realm=\"https://a/2\""},
         CHALLENGE_BEARER,
         "https://a/1",
         NULL,
         NULL,
         NULL},
        {{"Basic realm=\"Gesch\xc3\xbctzt\""},
         CHALLENGE_BASIC,
         "Gesch\xc3\xbctzt",
         NULL,
         NULL,
         NULL},
        {{"Negotiate YWJj+/==, Basic realm=\"r\""}, CHALLENGE_BASIC, "r", NULL, NULL, NULL},
        {{"NTLM TlRMTVNTUAAB, Digest realm=\"a, b\", nonce=\"c\\\"d\", qop=auth",
          "Basic realm=\"r\""},
         CHALLENGE_BASIC,
         "r",
         NULL,
         NULL,
         NULL},
        {{"Bearer realm=\"https://a/t\",service=\"a\\\\b\\c\""},
         CHALLENGE_BEARER,
         "https://a/t",
         "a\\bc",
         NULL,
         NULL},
    };

    ASSERT_ROWS(rows);
}

static void test_A2_a_malformed_challenge_leaves_the_others_usable(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{"Bearer realm=\"https://a/t", "Basic realm=\"r\""},
         CHALLENGE_BASIC,
         "r",
         NULL,
         NULL,
         NULL},
        {{"Bearer service=\"s\", Basic realm=\"r\""}, CHALLENGE_BASIC, "r", NULL, NULL, NULL},
        {{"Bearer realm=\"\", Basic realm=\"r\""}, CHALLENGE_BASIC, "r", NULL, NULL, NULL},
        {{"Bearer realm=\"a\",REALM=\"b\", Basic realm=\"r\""},
         CHALLENGE_BASIC,
         "r",
         NULL,
         NULL,
         NULL},
        {{"Bearer realm \"a\", Basic realm=\"r\""}, CHALLENGE_BASIC, "r", NULL, NULL, NULL},
        {{"Bearer realm=\"a\",service \"s\", Basic realm=\"r\""},
         CHALLENGE_BASIC,
         "r",
         NULL,
         NULL,
         NULL},
        {{"Bearer realm=\"a\" service=\"s, t\", Basic realm=\"r\""},
         CHALLENGE_BASIC,
         "r",
         NULL,
         NULL,
         NULL},
        {{"Bearer realm=\"a\" x\"\\\",\", Basic realm=\"r\""},
         CHALLENGE_BASIC,
         "r",
         NULL,
         NULL,
         NULL},
        {{"=\"x\", Basic realm=\"r\""}, CHALLENGE_BASIC, "r", NULL, NULL, NULL},
        {{"\"a, b\", Bearer realm=\"https://a/t\""},
         CHALLENGE_BEARER,
         "https://a/t",
         NULL,
         NULL,
         NULL},
        {{"Bearer realm=\"a\",=\"x\", Basic realm=\"r\""}, CHALLENGE_BASIC, "r", NULL, NULL, NULL},
        {{"Basic realm=\"a\x01\"", "Bearer realm=\"https://a/t\""},
         CHALLENGE_BEARER,
         "https://a/t",
         NULL,
         NULL,
         NULL},
        {{"Bearer realm=\"a\" /", "Bearer realm=\"b\""}, CHALLENGE_BEARER, "b", NULL, NULL, NULL},
    };

    ASSERT_ROWS(rows);
}

static void test_A3_without_a_usable_challenge_the_reason_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        const char *why;
    } rows[] = {
        {"Bearer realm=\"https://a/t", "unclosed quote"},
        {"Bearer realm=\"https://a/t\\\"", "unclosed quote"},
        {"Bearer realm=\"https://a/t\\", "unclosed quote"},
        {"Bearer realm=\"a\x7f\"", "control byte"},
        {"Bearer realm=\"a\\\x01\"", "control byte"},
        {"Bearer service=\"s\"", "no realm"},
        {"Bearer", "no realm"},
        {"Bearer realm=", "no realm"},
        {"Bearer realm=\"a\",realm=\"b\"", "given twice"},
        {"Bearer realm=\"a\",service\"b\"", "without a value"},
        {"Bearer realm=\"a\" service=\"b\"", "no comma"},
        {"Bearer realm=\"a\",=b", "without a name"},
        {"Bearer abc", "no parameter behind the scheme"},
        {"Negotiate", "'Negotiate'"},
        {"Digest realm=\"r\", nonce=\"n\"", "'Digest'"},
        {"Bearer service=\"s\", Negotiate", "no realm"},
        {"Negotiate, Bearer service=\"s\"", "no realm"},
        {"\x1b[31mevil", "no scheme"},
        {"e\x1b[31mvil", "'e'"},
        {"\xc3\xa9", "no scheme"},
        {"", "does not say which"},
        {" , ,", "does not say which"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct challenge challenge = {.scope = NULL};
        struct error error = {0};
        if (choose((const char *const[HEADERS_MAX]){rows[i].header}, &challenge, &error))
            fail_msg("%s is taken", rows[i].header);
        assert_int_equal(error.code, ERROR_UPSTREAM);
        if (!strstr(error.message, rows[i].why))
            fail_msg("%s: %s", rows[i].header, error.message);
        assert_null(challenge.realm);
    }
}

static void test_A3_no_header_at_all_is_an_error(void **state)
{
    (void)state;
    struct challenge challenge = {0};
    struct error error = {0};

    assert_false(challenge_choose(NULL, 0, &challenge, &error));
    assert_int_equal(error.code, ERROR_UPSTREAM);
}

/* -- caps ----------------------------------------------------------------------------------- */

static bool choose_text(const struct buffer *text, struct challenge *out, struct error *error)
{
    const struct slice value = buffer_slice(text);

    return challenge_choose(&value, 1, out, error);
}

static void test_A3_a_value_beyond_8_KiB_is_not_read(void **state)
{
    (void)state;
    struct buffer text = BUFFER_INIT(10000);
    struct challenge challenge = {0};
    struct error error = {0};

    assert_true(buffer_append_string(&text, "Basic realm=\""));
    while (text.length < 8191)
        assert_true(buffer_append_char(&text, 'a'));
    assert_true(buffer_append_char(&text, '"'));
    assert_true(choose_text(&text, &challenge, &error));
    challenge_release(&challenge);
    assert_true(buffer_append_char(&text, ' '));
    assert_false(choose_text(&text, &challenge, &error));
    assert_non_null(strstr(error.message, "8 KiB"));
    buffer_release(&text);
}

static void test_A3_the_17th_challenge_is_not_read(void **state)
{
    (void)state;
    struct buffer text = BUFFER_INIT(10000);
    struct challenge challenge = {0};
    struct error error = {0};

    for (size_t i = 0; i < 15; i++)
        assert_true(buffer_append_string(&text, "Negotiate, "));
    assert_true(buffer_append_string(&text, "Basic realm=r, Bearer realm=\"https://a/t\""));
    assert_true(choose_text(&text, &challenge, &error));
    assert_int_equal(challenge.scheme, CHALLENGE_BASIC);
    challenge_release(&challenge);
    buffer_release(&text);
}

static void test_A3_the_33rd_parameter_makes_a_challenge_unusable(void **state)
{
    (void)state;
    struct buffer text = BUFFER_INIT(10000);
    struct challenge challenge = {0};
    struct error error = {0};

    assert_true(buffer_append_string(&text, "Basic realm=r"));
    for (int i = 0; i < 31; i++)
        assert_true(buffer_format(&text, ", p%d=v", i));
    assert_true(choose_text(&text, &challenge, &error));
    challenge_release(&challenge);
    assert_true(buffer_append_string(&text, ", one=more"));
    assert_false(choose_text(&text, &challenge, &error));
    assert_non_null(strstr(error.message, "32 parameters"));
    buffer_release(&text);
}

static void test_release_is_for_null_and_twice_too(void **state)
{
    (void)state;
    struct challenge challenge = {0};
    struct error error = {0};

    challenge_release(NULL);
    assert_true(choose((const char *const[HEADERS_MAX]){"Basic realm=r"}, &challenge, &error));
    challenge_release(&challenge);
    challenge_release(&challenge);
    assert_null(challenge.realm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_A4_the_vectors_of_the_protocol_checklist),
        cmocka_unit_test(test_T24_the_ways_registries_write_a_challenge),
        cmocka_unit_test(test_A2_a_malformed_challenge_leaves_the_others_usable),
        cmocka_unit_test(test_A3_without_a_usable_challenge_the_reason_is_told),
        cmocka_unit_test(test_A3_no_header_at_all_is_an_error),
        cmocka_unit_test(test_A3_a_value_beyond_8_KiB_is_not_read),
        cmocka_unit_test(test_A3_the_17th_challenge_is_not_read),
        cmocka_unit_test(test_A3_the_33rd_parameter_makes_a_challenge_unusable),
        cmocka_unit_test(test_release_is_for_null_and_twice_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

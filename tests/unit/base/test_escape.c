/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/escape.h"

#define BYTES(literal)                 \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

static void test_utf8_sequences_have_the_lengths_of_rfc_3629(void **state)
{
    static const struct {
        struct slice text;
        size_t length;
    } rows[] = {
        {BYTES(""), 0},
        {BYTES("\0"), 1},
        {BYTES("a"), 1},
        {BYTES("\x7f"), 1},
        {BYTES("\x80"), 0},
        {BYTES("\xc0\xaf"), 0}, /* overlong '/' */
        {BYTES("\xc1\xbf"), 0},
        {BYTES("\xc2\x80"), 2},
        {BYTES("\xdf\xbf"), 2},
        {BYTES("\xdf"), 0},
        {BYTES("\xdf\x7f"), 0},
        {BYTES("\xe0\x9f\xbf"), 0}, /* overlong */
        {BYTES("\xe0\xa0\x80"), 3},
        {BYTES("\xed\x9f\xbf"), 3},
        {BYTES("\xed\xa0\x80"), 0}, /* a surrogate */
        {BYTES("\xed\xbf\xbf"), 0},
        {BYTES("\xee\x80\x80"), 3},
        {BYTES("\xef\xbf\xbf"), 3},
        {BYTES("\xe2\x82"), 0},
        {BYTES("\xe2\x82\xc0"), 0},
        {BYTES("\xf0\x8f\xbf\xbf"), 0}, /* overlong */
        {BYTES("\xf0\x90\x80\x80"), 4},
        {BYTES("\xf4\x8f\xbf\xbf"), 4},
        {BYTES("\xf4\x90\x80\x80"), 0}, /* past U+10FFFF */
        {BYTES("\xf5\x80\x80\x80"), 0},
        {BYTES("\xf0\x90\x80\x20"), 0},
        {BYTES("\xff"), 0},
        {BYTES("ab"), 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(escape_utf8_length(rows[i].text), rows[i].length);
}

static void test_S20_text_cannot_move_the_cursor_or_hide(void **state)
{
    static const struct {
        struct slice text;
        const char *shown;
    } rows[] = {
        {BYTES(""), ""},
        {BYTES("plain text, \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
         "plain text, \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {BYTES("a\nb\r\t"), "a\\x0ab\\x0d\\x09"},
        {BYTES("\x1b[2J"), "\\x1b[2J"},
        {BYTES("\0\x7f"), "\\x00\\x7f"},
        {BYTES("back\\slash"), "back\\x5cslash"},
        {BYTES("\xc2\x9b"), "\\xc2\\x9b"}, /* C1: CSI */
        {BYTES("\xc2\xa0"), "\xc2\xa0"},   /* not C1 any more */
        {BYTES("\xd8\x9c"), "\\xd8\\x9c"}, /* U+061C */
        {BYTES("\xd8\x9d"), "\xd8\x9d"},   /* U+061D */
        /* NOLINTNEXTLINE(misc-misleading-bidirectional): that is what must not pass */
        {BYTES("\xe2\x80\xae"), "\\xe2\\x80\\xae"}, /* U+202E right-to-left override */
        {BYTES("\xe2\x80\x8b"), "\\xe2\\x80\\x8b"}, /* U+200B zero width */
        {BYTES("\xe2\x80\xa6"), "\xe2\x80\xa6"},    /* U+2026 ellipsis */
        /* NOLINTNEXTLINE(misc-misleading-bidirectional): nor this */
        {BYTES("\xe2\x81\xa6"), "\\xe2\\x81\\xa6"}, /* U+2066 isolate */
        {BYTES("\xe2\x82\xac"), "\xe2\x82\xac"},    /* the euro sign */
        {BYTES("\xef\xbb\xbf"), "\\xef\\xbb\\xbf"}, /* U+FEFF */
        {BYTES("\xef\xbb\xbe"), "\xef\xbb\xbe"},    /* U+FEFE */
        {BYTES("\xe0\xa4\x85"), "\xe0\xa4\x85"},    /* a letter */
        {BYTES("\xc0\xaf\xff"), "\\xc0\\xaf\\xff"}, /* not UTF-8 */
        {BYTES("\xe2\x80"), "\\xe2\\x80"},          /* cut short */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(ESCAPED(rows[i].text), rows[i].shown);
}

static void test_S20_long_text_is_cut_between_characters(void **state)
{
    char out[12];

    (void)state;
    assert_string_equal(escape_text(out, sizeof(out), SLICE("12345678")), "12345678");
    assert_string_equal(escape_text(out, sizeof(out), SLICE("123456789")), "12345678...");
    assert_string_equal(escape_text(out, sizeof(out), SLICE("1234567\xc3\xa9")), "1234567...");
    assert_string_equal(escape_text(out, sizeof(out), SLICE("\n\n\n")), "\\x0a\\x0a...");
}

static void test_S18_header_values_hold_no_control_bytes(void **state)
{
    (void)state;
    assert_true(escape_is_header_safe(SLICE("visible, with blanks\tand ~!")));
    assert_true(escape_is_header_safe(SLICE("")));
    assert_false(escape_is_header_safe(SLICE("a\r\nX-Injected: 1")));
    assert_false(escape_is_header_safe(SLICE("a\nb")));
    assert_false(escape_is_header_safe(slice_of("a\0b", 3)));
    assert_false(escape_is_header_safe(SLICE("\x7f")));
    assert_false(escape_is_header_safe(SLICE("\xc3\xa9")));
}

static void test_control_bytes_are_found_wherever_they_stand(void **state)
{
    (void)state;
    assert_false(escape_has_control_byte(SLICE("visible, with blanks and \xc3\xa9")));
    assert_false(escape_has_control_byte(SLICE("")));
    assert_true(escape_has_control_byte(SLICE("\ta")));
    assert_true(escape_has_control_byte(SLICE("a\nb")));
    assert_true(escape_has_control_byte(slice_of("a\0b", 3)));
    assert_true(escape_has_control_byte(SLICE("a\x7f")));
}

static void test_percent_encoding_leaves_unreserved_characters_only(void **state)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(100);

    (void)state;
    assert_true(escape_percent_encode(&out, SLICE("aZ09-._~ /:?#%+\xc3\xa9")));
    assert_string_equal(buffer_string(&out), "aZ09-._~%20%2F%3A%3F%23%25%2B%C3%A9");
}

static void test_percent_decoding_refuses_broken_escapes_and_nul(void **state)
{
    static const struct {
        const char *text;
        bool plus;
        const char *decoded; /* NULL: refused */
    } rows[] = {
        {"a%2Fb%2fc", false, "a/b/c"}, {"a+b", false, "a+b"},
        {"a+b%2B", true, "a b+"},      {"", true, ""},
        {"%41", false, "A"},           {"%", false, NULL},
        {"%4", false, NULL},           {"x%4", false, NULL},
        {"%4g", false, NULL},          {"%g4", false, NULL},
        {"%00", false, NULL},          {"%-1", false, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(100);
        bool decoded = escape_percent_decode(&out, slice_from_string(rows[i].text), rows[i].plus);
        assert_int_equal(decoded, rows[i].decoded != NULL);
        if (rows[i].decoded)
            assert_string_equal(buffer_string(&out), rows[i].decoded);
    }
}

static void test_base64_vectors_of_rfc_4648(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff", "+/8="},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer encoded = BUFFER_INIT(100);
        CLEANUP(buffer_release) struct buffer decoded = BUFFER_INIT(100);
        assert_true(escape_base64_encode(&encoded, slice_from_string(rows[i][0])));
        assert_string_equal(buffer_string(&encoded), rows[i][1]);
        assert_true(escape_base64_decode(&decoded, slice_from_string(rows[i][1])));
        assert_string_equal(buffer_string(&decoded), rows[i][0]);
    }
}

static void test_base64_decoding_takes_the_url_alphabet_and_no_padding(void **state)
{
    static const struct {
        const char *text;
        const char *decoded; /* NULL: refused */
    } rows[] = {
        {"-_8", "\xfb\xff"}, {"-_8=", "\xfb\xff"}, {"Zg", "f"},     {"Zg=", NULL},
        {"Z", NULL},         {"Zm9vY", NULL},      {"=", NULL},     {"====", NULL},
        {"Zm9v=", NULL},     {"Zm9v====", NULL},   {"Zm 9v", NULL}, {"Zm9v\n", NULL},
        {"Zg==Zg==", NULL},  {"Z.==", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(100);
        bool decoded = escape_base64_decode(&out, slice_from_string(rows[i].text));
        assert_int_equal(decoded, rows[i].decoded != NULL);
        if (rows[i].decoded)
            assert_string_equal(buffer_string(&out), rows[i].decoded);
    }
}

static void test_nothing_grows_past_its_buffer(void **state)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(3);

    (void)state;
    assert_false(escape_base64_encode(&out, SLICE("abc")));
    buffer_clear(&out);
    assert_false(escape_percent_encode(&out, SLICE("ab%")));
    buffer_clear(&out);
    assert_false(escape_percent_decode(&out, SLICE("abcd"), false));
    buffer_clear(&out);
    assert_false(escape_base64_decode(&out, SLICE("Zm9vYg")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_sequences_have_the_lengths_of_rfc_3629),
        cmocka_unit_test(test_S20_text_cannot_move_the_cursor_or_hide),
        cmocka_unit_test(test_S20_long_text_is_cut_between_characters),
        cmocka_unit_test(test_S18_header_values_hold_no_control_bytes),
        cmocka_unit_test(test_control_bytes_are_found_wherever_they_stand),
        cmocka_unit_test(test_percent_encoding_leaves_unreserved_characters_only),
        cmocka_unit_test(test_percent_decoding_refuses_broken_escapes_and_nul),
        cmocka_unit_test(test_base64_vectors_of_rfc_4648),
        cmocka_unit_test(test_base64_decoding_takes_the_url_alphabet_and_no_padding),
        cmocka_unit_test(test_nothing_grows_past_its_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

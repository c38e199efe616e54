/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/toml.h"

static void write(const struct toml *node, struct buffer *out);

/* NOLINTNEXTLINE(misc-no-recursion): the reader bounds the depth */
static void write_children(const struct toml *node, const char brackets[2], struct buffer *out)
{
    buffer_append_char(out, brackets[0]);
    for (const struct toml *child = node->first; child; child = child->next) {
        write(child, out);
        if (child->next)
            buffer_append_char(out, ' ');
    }
    buffer_append_char(out, brackets[1]);
}

/* Everything that was read, as one line: key=value with {} for tables. */
/* NOLINTNEXTLINE(misc-no-recursion): the reader bounds the depth */
static void write(const struct toml *node, struct buffer *out)
{
    if (node->key)
        buffer_format(out, "%s=", node->key);
    switch (node->kind) {
    case TOML_STRING:
        buffer_format(out, "'%s'", node->text);
        break;
    case TOML_BOOLEAN:
        buffer_append_string(out, node->truth ? "true" : "false");
        break;
    case TOML_LIST:
        write_children(node, "[]", out);
        break;
    case TOML_TABLE:
        write_children(node, "{}", out);
        break;
    }
}

static void test_what_hosts_toml_is_written_in_is_read(void **state)
{
    static const char *const rows[][2] = {
        {"", "{}"},
        {"# only a comment", "{}"},
        {"server = \"https://a\"", "{server='https://a'}"},
        {"server = 'https://a' # why\r\n", "{server='https://a'}"},
        {"a = true\nb=false\n", "{a=true b=false}"},
        {"a = \"x\\\"\\\\\\n\\t\"", "{a='x\"\\\n\t'}"},
        {"a = 'x\\n'", "{a='x\\n'}"},
        {"a = []\nb = [ ]", "{a=[] b=[]}"},
        {"a = [\"x\", 'y',]", "{a=['x' 'y']}"},
        {"a = [\n  \"x\", # one\n\n  \"y\"\n]\n", "{a=['x' 'y']}"},
        {"a = [[\"c\", \"k\"], []]", "{a=[['c' 'k'] []]}"},
        {"[host.\"https://m:5000\"]\n  ca = \"x\"\n[host.\"https://n\".header]\n  k = \"v\"",
         "{host={https://m:5000={ca='x'} https://n={header={k='v'}}}}"},
        {"[ a . 'b c' ]\nd.e = true", "{a={b c={d={e=true}}}}"},
        {"[a.b]\n[a]\nx=true", "{a={b={} x=true}}"},
        {"\"quoted key\" = \"\"", "{quoted key=''}"},
        {"a = \"h\xc3\xa9\"", "{a='h\xc3\xa9'}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(10000);
        struct error error = {0};
        CLEANUP(toml_free_p)
        struct toml *toml = toml_parse(slice_from_string(rows[i][0]), "f", &error);
        if (toml)
            write(toml, &out);
        else
            fail_msg("%s: %s", rows[i][0], error.message);
        assert_string_equal(buffer_string(&out), rows[i][1]);
    }
}

static void test_what_is_not_read_is_refused_with_its_line(void **state)
{
    static const char *const rows[][2] = {
        {"a", "f:1: expected '=' after the key"},
        {"\n\na b = true", "f:3: expected '=' after the key"},
        {"= true", "f:1: expected a key"},
        {"a. = true", "f:1: expected a key"},
        {"a = ", "f:1: expected a text in quotes, true, false, or a list"},
        {"a = 1", "f:1: expected a text in quotes, true, false, or a list"},
        {"a = 1979-05-27", "f:1: expected a text in quotes, true, false, or a list"},
        {"a = {b = true}", "f:1: expected a text in quotes, true, false, or a list"},
        {"a = bare", "f:1: expected a text in quotes, true, false, or a list"},
        {"a = True", "f:1: expected a text in quotes, true, false, or a list"},
        {"a = truely", "f:1: expected the end of the line"},
        {"a = true b = true", "f:1: expected the end of the line"},
        {"a = true\na = false", "f:2: the key is there twice"},
        {"[a]\n[a]", "f:2: the table is there twice"},
        {"a = true\n[a]", "f:2: a key of a value that is no table"},
        {"a = true\na.b = true", "f:2: a key of a value that is no table"},
        {"[[a]]", "f:1: lists of tables are not read here"},
        {"[a", "f:1: expected ']' after the table's name"},
        {"[]", "f:1: expected a key"},
        {"a = \"x", "f:1: a text without an end, or with control characters"},
        {"a = \"x\ny\"", "f:1: a text without an end, or with control characters"},
        {"a = 'x\x01'", "f:1: a text without an end, or with control characters"},
        {"a = '\xc0\xaf'", "f:1: a text without an end, or with control characters"},
        {"a = \"\\u0041\"", "f:1: an escape that is not read here"},
        {"a = \"\"\"x\"\"\"", "f:1: strings of several lines are not read here"},
        {"a = '''x'''", "f:1: strings of several lines are not read here"},
        {"a = [\"x\" \"y\"]", "f:1: expected ',' or ']' in a list"},
        {"a = [\n\"x\",\n", "f:3: expected a text in quotes, true, false, or a list"},
        {"a = [,]", "f:1: expected a text in quotes, true, false, or a list"},
        {"a = [[[[[[[[[[", "f:1: lists are nested too deep"},
        {"a.b.c.d.e.f.g.h.i.j.k = true", "f:1: tables are nested too deep"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        struct toml *toml = toml_parse(slice_from_string(rows[i][0]), "f", &error);
        if (toml)
            fail_msg("read: %s", rows[i][0]);
        assert_int_equal(error.code, ERROR_INVALID);
        assert_string_equal(error.message, rows[i][1]);
    }
}

static void test_S13_it_is_bounded(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(1 << 20);
    struct error error = {0};

    (void)state;
    (void)buffer_append_string(&text, "a = [");
    for (int i = 0; i < 30000; i++)
        (void)buffer_append_string(&text, "[],");
    assert_null(toml_parse(buffer_slice(&text), "f", &error));
    assert_string_equal(error.message, "f:1: there is too much in it");

    buffer_clear(&text);
    (void)buffer_append_string(&text, "a = '");
    for (int i = 0; i < 9000; i++)
        (void)buffer_append_char(&text, 'x');
    (void)buffer_append_char(&text, '\'');
    assert_null(toml_parse(buffer_slice(&text), "f", &error));
    assert_string_equal(error.message, "f:1: a text is too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_hosts_toml_is_written_in_is_read),
        cmocka_unit_test(test_what_is_not_read_is_refused_with_its_line),
        cmocka_unit_test(test_S13_it_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

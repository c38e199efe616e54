/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/value.h"
#include "data/yaml.h"

typedef bool (*parse_function)(struct slice text, uint64_t *out);
typedef void (*print_function)(uint64_t value, struct buffer *out);

struct row {
    const char *text;
    const char *printed; /* NULL: refused */
    uint64_t value;
};

static void assert_rows(const struct row *rows, size_t count, parse_function parse,
                        print_function print)
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(100);
        uint64_t value = 77;
        bool parsed = parse(slice_from_string(rows[i].text), &value);
        if (parsed != (rows[i].printed != NULL))
            fail_msg("'%s' is %s", rows[i].text, parsed ? "read" : "refused");
        assert_int_equal(value, parsed ? rows[i].value : 77);
        if (!parsed)
            continue;
        print(value, &out);
        assert_string_equal(buffer_string(&out), rows[i].printed);
        assert_true(parse(buffer_slice(&out), &value));
        assert_int_equal(value, rows[i].value);
    }
}

#define ASSERT_ROWS(rows, parse, print) \
    assert_rows((rows), sizeof(rows) / sizeof((rows)[0]), (parse), (print))

static void test_durations(void **state)
{
    static const struct row rows[] = {
        {"5m", "5m", 300000},
        {"1h30m", "1h30m", 5400000},
        {"250ms", "250ms", 250},
        {"10s", "10s", 10000},
        {"75s", "1m15s", 75000},
        {"1500ms", "1s500ms", 1500},
        {"24h", "24h", 86400000},
        {"1h0m0s0ms", "1h", 3600000},
        {"0", "0s", 0},
        {"0s", "0s", 0},
        {"1H30M", "1h30m", 5400000},
        {"5124095576030h", "5124095576030h", UINT64_C(18446744073708000000)},
        {"5124095576031h", NULL, 0},
        {"18446744073709551616ms", NULL, 0},
        {"5124095576030h5124095576030m", NULL, 0},
        {"", NULL, 0},
        {"20", NULL, 0},
        {"s", NULL, 0},
        {"5 m", NULL, 0},
        {" 5m", NULL, 0},
        {"5m ", NULL, 0},
        {"-5m", NULL, 0},
        {"+5m", NULL, 0},
        {"1.5s", NULL, 0},
        {"5x", NULL, 0},
        {"1d", NULL, 0},
        {"30m1h", NULL, 0},
        {"1m1m", NULL, 0},
        {"1h30", NULL, 0},
    };

    (void)state;
    ASSERT_ROWS(rows, value_parse_duration, value_print_duration);
}

static void test_sizes(void **state)
{
    static const struct row rows[] = {
        {"64MiB", "64MiB", 67108864},
        {"10MB", "10MB", 10000000},
        {"512", "512", 512},
        {"0", "0", 0},
        {"1024", "1KiB", 1024},
        {"1000", "1KB", 1000},
        {"1GiB", "1GiB", 1073741824},
        {"2GB", "2GB", 2000000000},
        {"1536KiB", "1536KiB", 1572864},
        {"64mib", "64MiB", 67108864},
        {"18446744073709551615", "18446744073709551615", UINT64_MAX},
        {"17179869183GiB", "17179869183GiB", UINT64_C(18446744072635809792)},
        {"17179869184GiB", NULL, 0},
        {"18446744073709551616", NULL, 0},
        {"184467440737095516150", NULL, 0},
        {"", NULL, 0},
        {"MiB", NULL, 0},
        {"-1", NULL, 0},
        {"1.5GiB", NULL, 0},
        {"64 MiB", NULL, 0},
        {"64M", NULL, 0},
        {"1MiB1KiB", NULL, 0},
        {"0x10", NULL, 0},
    };

    (void)state;
    ASSERT_ROWS(rows, value_parse_size, value_print_size);
}

static void test_counts(void **state)
{
    static const struct row rows[] = {
        {"0", "0", 0},    {"007", "7", 7},  {"4294967296", "4294967296", UINT64_C(4294967296)},
        {"", NULL, 0},    {"-1", NULL, 0},  {"1 ", NULL, 0},
        {"1e3", NULL, 0}, {"one", NULL, 0}, {"99999999999999999999", NULL, 0},
    };

    (void)state;
    ASSERT_ROWS(rows, value_parse_count, value_print_count);
}

static void test_booleans(void **state)
{
    static const struct row rows[] = {
        {"true", "true", 1},   {"yes", "true", 1}, {"on", "true", 1},   {"1", "true", 1},
        {"false", "false", 0}, {"no", "false", 0}, {"off", "false", 0}, {"0", "false", 0},
        {"True", NULL, 0},     {"", NULL, 0},      {"2", NULL, 0},      {"y", NULL, 0},
    };

    (void)state;
    ASSERT_ROWS(rows, value_parse_boolean, value_print_boolean);
}

typedef bool (*accept_function)(struct slice text);

static void assert_accepts(accept_function accepts, const char *const *texts, bool expected)
{
    for (; *texts; texts++) {
        if (accepts(slice_from_string(*texts)) != expected)
            fail_msg("'%s' is %s", *texts, expected ? "refused" : "accepted");
    }
}

static void test_hosts_are_judged_by_their_looks(void **state)
{
    static const char *const good[] = {
        "localhost", "registry.example.com", "Registry:5000", "[::1]:5000", "127.0.0.1", NULL};
    static const char *const bad[] = {"",    "a b",       "a/b",     "a\n", "a@b",  "*.b",
                                      "a_b", "h\xc3\xa9", ".a",      "a.",  "a..b", ":80",
                                      "a:",  "a:0",       "a:65536", "a:b", NULL};
    char longest[256];

    (void)state;
    assert_accepts(value_is_host, good, true);
    assert_accepts(value_is_host, bad, false);
    assert_false(value_is_host(slice_of("a\0b", 3)));
    memset(longest, 'a', sizeof(longest));
    assert_true(value_is_host(slice_of(longest, 255)));
    assert_false(value_is_host(slice_of(longest, 256)));
}

static void test_patterns_are_hosts_with_a_star_in_front(void **state)
{
    static const char *const good[] = {"*", "*.example.com", "example.com:5000", NULL};
    static const char *const bad[] = {"", "**", "*.", "a.*", "*a.b", "*.*.b", ".a.b", "*..a", NULL};

    (void)state;
    assert_accepts(value_is_pattern, good, true);
    assert_accepts(value_is_pattern, bad, false);
}

static void test_addresses_have_a_port_or_a_path(void **state)
{
    static const char *const good[] = {
        "127.0.0.1:8080", "[::]:8080", ":8080", ":0", ":65535", "unix:/run/mqueryd.sock", NULL};
    static const char *const bad[] = {"",      "127.0.0.1", ":",    ":65536",   ":-1", "a b:1",
                                      "unix:", "unix:x",    "unix", "unix:/\n", NULL};

    (void)state;
    assert_accepts(value_is_address, good, true);
    assert_accepts(value_is_address, bad, false);
}

static void test_origins_are_a_scheme_and_a_host(void **state)
{
    static const char *const good[] = {"*", "https://ui.example.com", "http://localhost:3000",
                                       "https://[::1]:8443", NULL};
    static const char *const bad[] = {
        "",           "ui.example.com", "https://", "https://*.a", "null",
        "https://a/", "https://a b",    "ftp://a",  "https://u@a", NULL};

    (void)state;
    assert_accepts(value_is_origin, good, true);
    assert_accepts(value_is_origin, bad, false);
}

static void test_credentials_are_a_word_or_a_path(void **state)
{
    static const char *const good[] = {"none", "docker", "/etc/auth.json", "./auth.json", NULL};
    static const char *const bad[] = {"", "dokcer", "auth.json", "/\n", NULL};

    (void)state;
    assert_accepts(value_is_credentials, good, true);
    assert_accepts(value_is_credentials, bad, false);
}

static void test_texts_are_what_yaml_can_hold(void **state)
{
    static const char *const good[] = {
        " ",        "DOMAIN\\user", "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
        "\xc2\xa0", "\xef\xbf\xbd", NULL};
    static const char *const bad[] = {
        "",     "\n",    "\x1f", "\x7f", "\xc2\x9f", "\xef\xbf\xbe", "\xef\xbf\xbf",
        "\xff", "a\xc3", NULL};

    (void)state;
    assert_accepts(value_is_text, good, true);
    assert_accepts(value_is_text, bad, false);
}

static void test_every_text_is_printed_so_that_yaml_reads_it_back(void **state)
{
    static const char *const texts[] = {
        "plain",
        "/etc/ssl/ca.pem",
        "reg:5000",
        ":8080",
        "[::]:8080",
        "a: b",
        "a #b",
        "null",
        "Null",
        "~",
        "",
        "-",
        "- a",
        "?",
        "*",
        "*.x",
        "&a",
        "!t",
        "%d",
        "@a",
        "`a",
        "'q'",
        "\"q\"",
        "a\\b",
        " a ",
        "a:",
        "...",
        "---",
        "=",
        "<<",
        "{a}",
        "[a]",
        "a,b",
        "|",
        ">",
        "1.0",
        "true",
        "h\xc3\xa9",
        "\xe2\x80\xa8",
        "<&>",
        "\xc2\xa0",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(200);
        struct error error = {0};
        buffer_append_string(&out, "key: ");
        value_print_text(slice_from_string(texts[i]), &out);
        CLEANUP(yaml_tree_free_p)
        struct yaml_tree *tree = yaml_parse(buffer_slice(&out), "printed", &error);
        if (!tree)
            fail_msg("%s: %s", buffer_string(&out), error.message);
        assert_int_equal(yaml_root(tree)->count, 1);
        const struct yaml_node *node = yaml_root(tree)->items[0];
        assert_string_equal(node->text.data, texts[i]);
        assert_false(node->is_null);
    }
}

static void test_ordinary_texts_are_printed_without_quotes(void **state)
{
    static const char *const texts[] = {"none", "/etc/ssl/ca.pem", "127.0.0.1:8080", "robot@x"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(200);
        value_print_text(slice_from_string(texts[i]), &out);
        assert_string_equal(buffer_string(&out), texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_hosts_are_judged_by_their_looks),
        cmocka_unit_test(test_patterns_are_hosts_with_a_star_in_front),
        cmocka_unit_test(test_addresses_have_a_port_or_a_path),
        cmocka_unit_test(test_origins_are_a_scheme_and_a_host),
        cmocka_unit_test(test_credentials_are_a_word_or_a_path),
        cmocka_unit_test(test_texts_are_what_yaml_can_hold),
        cmocka_unit_test(test_every_text_is_printed_so_that_yaml_reads_it_back),
        cmocka_unit_test(test_ordinary_texts_are_printed_without_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs from registries: what is taken, how it is normalised, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "registry/url.h"

static const char base[] = "https://registry.example:5000/v2/a/manifests/x?y=z";

static void assert_parses(const char *text, const char *relative_to, const struct url *expected)
{
    struct url url = {0};
    struct error error = {0};

    if (!url_parse(slice_from_string(text), relative_to, "redirect", &url, &error))
        fail_msg("'%s': %s", text, error.message);
    assert_string_equal(url.text, expected->text);
    assert_string_equal(url.scheme, expected->scheme);
    assert_string_equal(url.host, expected->host);
    assert_int_equal(url.port, expected->port);
    url_release(&url);
}

struct row {
    const char *text;
    struct url expected;
};

#define URL(whole, its_scheme, its_host, its_port)                                           \
    {                                                                                        \
        .text = (char[]){whole}, .scheme = (char[]){its_scheme}, .host = (char[]){its_host}, \
        .port = (its_port)                                                                   \
    }

static void test_absolute_urls_are_normalised(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"https://h/x", URL("https://h/x", "https", "h", 443)},
        {"HTTPS://ExAmple.COM:443/A?b=C",
         URL("https://example.com/A?b=C", "https", "example.com", 443)},
        {"http://h:80", URL("http://h/", "http", "h", 80)},
        {"https://h:/x", URL("https://h/x", "https", "h", 443)},
        {"http://h:443/", URL("http://h:443/", "http", "h", 443)},
        {"https://h:8443?q", URL("https://h:8443/?q", "https", "h", 8443)},
        {"https://[FE80::0001]:5000/", URL("https://[fe80::1]:5000/", "https", "[fe80::1]", 5000)},
        {"https://my_host/", URL("https://my_host/", "https", "my_host", 443)},
        {"https://a/t?x=\"q\"", URL("https://a/t?x=\"q\"", "https", "a", 443)},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_parses(rows[i].text, NULL, &rows[i].expected);
}

/* A signature covers the path and query byte for byte. */
static void test_S19_path_and_query_stay_as_they_are(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"https://h/a/../b/./c", URL("https://h/a/../b/./c", "https", "h", 443)},
        {"https://h/%41%2f?y=%41+b%2B", URL("https://h/%41%2f?y=%41+b%2B", "https", "h", 443)},
        {"https://h/?url=https://u@x/", URL("https://h/?url=https://u@x/", "https", "h", 443)},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_parses(rows[i].text, NULL, &rows[i].expected);
}

static void test_S1_odd_spellings_of_an_address_become_the_address(void **state)
{
    (void)state;
    static const char *const rows[] = {"https://2130706433/", "https://0x7f.1/",
                                       "https://0177.0.0.1/", "https://127.1/"};
    const struct url expected = URL("https://127.0.0.1/", "https", "127.0.0.1", 443);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_parses(rows[i], NULL, &expected);
}

static void test_a_percent_encoded_host_is_decoded_before_it_is_judged(void **state)
{
    (void)state;
    const struct url expected = URL("https://example.com/", "https", "example.com", 443);

    assert_parses("https://ex%61mple.com/", NULL, &expected);
}

static void test_relative_urls_are_resolved(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"/token", URL("https://registry.example:5000/token", "https", "registry.example", 5000)},
        {"?q", URL("https://registry.example:5000/v2/a/manifests/x?q", "https", "registry.example",
                   5000)},
        {"y",
         URL("https://registry.example:5000/v2/a/manifests/y", "https", "registry.example", 5000)},
        {"//10.0.0.1/", URL("https://10.0.0.1/", "https", "10.0.0.1", 443)},
        {"http://other/", URL("http://other/", "http", "other", 80)},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_parses(rows[i].text, base, &rows[i].expected);
}

static void assert_refused(struct slice text, const char *relative_to, const char *why)
{
    struct url url = {.port = 7};
    struct error error = {0};

    if (url_parse(text, relative_to, "token realm", &url, &error))
        fail_msg("'%.*s' is taken", (int)text.length, text.data);
    assert_int_equal(error.code, ERROR_UPSTREAM);
    assert_non_null(strstr(error.message, "token realm"));
    if (!strstr(error.message, why))
        fail_msg("'%.*s': %s", (int)text.length, text.data, error.message);
    assert_int_equal(url.port, 7);
    assert_null(url.text);
}

static void test_S29_what_parsers_disagree_about_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *why; /* "" where the words are curl's */
    } rows[] = {
        {"https://h\\@e/", "backslash"},
        {"https://h/a\\b", "backslash"},
        {"https://user@h/", ""},
        {"https://user:secret@h/", ""},
        {"https://@h/", ""},
        {"https://[fe80::1%25eth0]/", "zone id"},
        {"https://[fe80::1%eth0]/", "zone id"},
        {"https://h./", "dot"},
        {"https://localhost.:5000/", "dot"},
        {"https://0x7f.1./", "dot"},
        {"https://.h/", "dot"},
        {"https://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", "non-ASCII"},
        {"https://h/\xc3\xa9", "non-ASCII"},
        {"https://h/a b", "blank"},
        {"https://h/\r\nX-Inj: 1", "control"},
        {"https://h/\t", "control"},
        {"https://h/\x7f", "control"},
        {"https://h/#f", "fragment"},
        {"https://h#", "fragment"},
        {"https://h:0/", "port 0"},
        {"https://h:99999/", ""},
        {"https://h:-1/", ""},
        {"https://h%/", "strange host"},
        {"https://h|x/", "strange host"},
        {"https://%33/", "strange host"}, /* 3, and then 0.0.0.3 */
        {"https://a%2fb/", ""},
        {"https://a%00b/", ""},
        {"https://[::1/", ""},
        {"https://", ""},
        {"", "empty"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_refused(slice_from_string(rows[i].text), NULL, rows[i].why);
        assert_refused(slice_from_string(rows[i].text), base, rows[i].why);
    }
    assert_refused(slice_of("https://h/\0x", 12), NULL, "control");
}

static void test_S4_only_https_and_http_are_spoken(void **state)
{
    (void)state;
    static const char *const rows[] = {"file:///etc/passwd", "gopher://h/", "ftp://h/", "ldap://h/",
                                       "dict://h/"};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_refused(slice_from_string(rows[i]), NULL, "neither https nor http");
        assert_refused(slice_from_string(rows[i]), base, "neither https nor http");
    }
}

static void test_without_a_base_a_relative_url_is_refused(void **state)
{
    (void)state;
    assert_refused(SLICE("/token"), NULL, "");
    assert_refused(SLICE("//h/token"), NULL, "");
    assert_refused(SLICE("h/token"), NULL, "");
}

static void test_an_endless_url_is_refused(void **state)
{
    (void)state;
    static char text[9000] = "https://h/";

    memset(text + 10, 'a', sizeof(text) - 11);
    assert_refused(slice_from_string(text), NULL, "8 KiB");
    /* Nor may it become so from one that was not. */
    assert_refused(slice_of(text + 10, 8180), base, "8 KiB");
}

static void test_a_bad_base_is_our_own_fault(void **state)
{
    (void)state;
    struct url url = {0};
    struct error error = {0};

    assert_false(url_parse(SLICE("/x"), "no url", "redirect", &url, &error));
    assert_int_equal(error.code, ERROR_INTERNAL);
}

static void test_S21_the_url_is_not_in_the_message(void **state)
{
    (void)state;
    struct url url = {0};
    struct error error = {0};

    assert_false(
        url_parse(SLICE("https://u:canary@h/?sig=canary"), NULL, "redirect", &url, &error));
    assert_null(strstr(error.message, "canary"));
}

static bool same_origin(const char *a, const char *b)
{
    struct url left = {0};
    struct url right = {0};
    struct error error = {0};

    assert_true(url_parse(slice_from_string(a), NULL, "redirect", &left, &error));
    assert_true(url_parse(slice_from_string(b), NULL, "redirect", &right, &error));
    bool is_same = url_same_origin(&left, &right);
    url_release(&left);
    url_release(&right);
    return is_same;
}

static void test_H15_origin_is_scheme_host_and_effective_port(void **state)
{
    (void)state;
    assert_true(same_origin("https://h/a", "https://h/b?c"));
    assert_true(same_origin("https://h/", "HTTPS://H:443/"));
    assert_true(same_origin("http://127.1/", "http://127.0.0.1:80/"));
    assert_false(same_origin("https://h/", "http://h/"));
    assert_false(same_origin("https://h/", "http://h:443/"));
    assert_false(same_origin("https://h/", "https://h:5000/"));
    assert_false(same_origin("https://h/", "https://h.evil.test/"));
}

/* -- below an origin ------------------------------------------------------------------------ */

static struct url origin_of(const char *text)
{
    struct url origin;
    struct error error = {0};

    assert_true(url_parse(slice_from_string(text), NULL, "registry", &origin, &error));
    return origin;
}

static void test_a_url_below_an_origin_is_what_parsing_it_gives(void **state)
{
    (void)state;
    static const char *const origins[] = {"https://Registry.Example", "http://127.1:5000",
                                          "https://[::1]:443"};
    const char *path = "v2/lab/app/blobs/uploads/?mount=sha256%3Aab&from=lab%2Fbase";

    for (size_t i = 0; i < sizeof(origins) / sizeof(*origins); i++) {
        struct url origin = origin_of(origins[i]);
        struct url below;
        struct error error = {0};
        assert_true(url_below(&origin, slice_from_string(path), &below, &error));
        struct url parsed = origin_of(below.text);
        assert_string_equal(below.text, parsed.text);
        assert_string_equal(below.text + strlen(origin.text), path);
        assert_true(url_same_origin(&below, &parsed));
        url_release(&parsed);
        url_release(&below);
        url_release(&origin);
    }
}

static void test_an_endless_path_below_an_origin_is_refused(void **state)
{
    (void)state;
    static char path[8200];
    struct url origin = origin_of("https://registry.example");
    struct url below = {0};
    struct error error = {0};

    memset(path, 'a', sizeof(path));
    size_t room = 8192 - strlen(origin.text);
    assert_true(url_below(&origin, slice_of(path, room), &below, &error));
    assert_int_equal(strlen(below.text), 8192);
    url_release(&below);
    assert_false(url_below(&origin, slice_of(path, room + 1), &below, &error));
    assert_int_equal(error.code, ERROR_UPSTREAM);
    assert_null(below.text);
    url_release(&origin);
}

static void test_release_is_for_null_and_twice_too(void **state)
{
    (void)state;
    struct url url = {0};
    struct error error = {0};

    url_release(NULL);
    assert_true(url_parse(SLICE("https://h/"), NULL, "redirect", &url, &error));
    url_release(&url);
    url_release(&url);
    assert_null(url.text);
}

/* -- curl without memory -------------------------------------------------------------------- */

static size_t allocations_left = SIZE_MAX;

static bool may_allocate(void)
{
    if (allocations_left == 0)
        return false;
    allocations_left--;
    return true;
}

static void *failing_malloc(size_t size)
{
    return may_allocate() ? malloc(size) : NULL;
}

static void *failing_realloc(void *memory, size_t size)
{
    return may_allocate() ? realloc(memory, size) : NULL;
}

static char *failing_strdup(const char *text)
{
    return may_allocate() ? strdup(text) : NULL;
}

static void *failing_calloc(size_t count, size_t size)
{
    return may_allocate() ? calloc(count, size) : NULL;
}

static bool parse_with(size_t allocations, const char *text, struct url *out)
{
    struct error error = {0};

    allocations_left = allocations;
    bool done = url_parse(slice_from_string(text), base, "redirect", out, &error);
    allocations_left = SIZE_MAX;
    return done;
}

static void test_without_memory_no_url_is_taken(void **state)
{
    (void)state;
    struct url url = {0};
    size_t allocations = 0;

    assert_int_equal(curl_global_init_mem(CURL_GLOBAL_NOTHING, failing_malloc, free,
                                          failing_realloc, failing_strdup, failing_calloc),
                     CURLE_OK);
    while (!parse_with(allocations, "/y", &url)) {
        assert_null(url.text);
        allocations++;
    }
    assert_true(allocations > 5);
    /* Nor is one that curl had no memory to tell the zone id of. */
    for (size_t i = 0; i < 2 * allocations; i++)
        assert_false(parse_with(i, "https://[::1%25eth0]/", &(struct url){0}));
    url_release(&url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_absolute_urls_are_normalised),
        cmocka_unit_test(test_S19_path_and_query_stay_as_they_are),
        cmocka_unit_test(test_S1_odd_spellings_of_an_address_become_the_address),
        cmocka_unit_test(test_a_percent_encoded_host_is_decoded_before_it_is_judged),
        cmocka_unit_test(test_relative_urls_are_resolved),
        cmocka_unit_test(test_S29_what_parsers_disagree_about_is_refused),
        cmocka_unit_test(test_S4_only_https_and_http_are_spoken),
        cmocka_unit_test(test_without_a_base_a_relative_url_is_refused),
        cmocka_unit_test(test_an_endless_url_is_refused),
        cmocka_unit_test(test_a_bad_base_is_our_own_fault),
        cmocka_unit_test(test_S21_the_url_is_not_in_the_message),
        cmocka_unit_test(test_H15_origin_is_scheme_host_and_effective_port),
        cmocka_unit_test(test_a_url_below_an_origin_is_what_parsing_it_gives),
        cmocka_unit_test(test_an_endless_path_below_an_origin_is_refused),
        cmocka_unit_test(test_release_is_for_null_and_twice_too),
        cmocka_unit_test(test_without_memory_no_url_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

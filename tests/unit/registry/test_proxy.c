/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "registry/proxy.h"
#include "tests/unit/registry/scratch_directory.h"

static struct url url_of(const char *text)
{
    struct error error = {0};
    struct url url;

    if (!url_parse(slice_from_string(text), NULL, "test", &url, &error))
        fail_msg("%s: %s", text, error.message);
    return url;
}

static void test_H29_who_is_asked_directly(void **state)
{
    static const struct {
        const char *list;
        const char *url;
        bool is_named;
    } rows[] = {
        {"", "https://a.test", false},
        {" , ,", "https://a.test", false},
        {"*", "https://a.test", true},
        {"a.test", "https://a.test", true},
        {"A.Test", "https://a.test", true},
        {"a.test", "https://reg.a.test", true},
        {"a.test", "https://evila.test", false},
        {"a.test", "https://a.test.evil.example", false},
        {".a.test", "https://reg.a.test", true},
        {".a.test", "https://a.test", false},
        {"*.a.test", "https://reg.a.test", true},
        {"*.a.test", "https://a.test", false},
        {"b.test, a.test", "https://a.test", true},
        {"b.test a.test", "https://a.test", true},
        {"a.test:5000", "https://a.test:5000", true},
        {"a.test:5000", "https://a.test", false},
        {"a.test:443", "https://a.test", true},
        {"a.test", "https://a.test:5000", true},
        {"10.0.0.1", "https://10.0.0.1:5000", true},
        {"10.0.0.1", "https://10.0.0.10", false},
        {"10.0.0.1:5000", "https://10.0.0.1:5001", false},
        {"0.0.1", "https://10.0.0.1", false},
        {"10.0.0.0/8", "https://10.255.1.2", true},
        {"10.0.0.0/8", "https://11.0.0.1", false},
        {"10.0.0.0/8", "https://10.a.test", false},
        {"10.1.2.128/25", "https://10.1.2.200", true},
        {"10.1.2.128/25", "https://10.1.2.100", false},
        {"0.0.0.0/0", "https://192.0.2.1", true},
        {"0.0.0.0/0", "https://[2001:db8::1]", false},
        {"10.0.0.0/33", "https://10.0.0.1", false},
        {"10.0.0.0/", "https://10.0.0.1", false},
        {"10.0.0.0/x", "https://10.0.0.1", false},
        {"a.test/8", "https://a.test", false},
        {"2001:db8::1", "https://[2001:db8::1]:5000", true},
        {"[2001:db8::1]:5000", "https://[2001:db8::1]:5000", true},
        {"2001:db8::/32", "https://[2001:db8:5::1]", true},
        {"[2001:db8::]/32", "https://[2001:db9::1]", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct url url = url_of(rows[i].url);
        if (proxy_list_names(rows[i].list, &url) != rows[i].is_named)
            fail_msg("'%s' and %s", rows[i].list, rows[i].url);
        url_release(&url);
    }
}

/* "host" or "host:port" of the proxy for this URL; "" for none. */
static const char *proxy_for(const struct proxies *proxies, const char *text)
{
    static char host[128];
    struct url url = url_of(text);
    const struct proxy *proxy = proxy_find(proxies, &url);

    (void)snprintf(host, sizeof(host), "%s", proxy ? proxy->host : "");
    url_release(&url);
    return host;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): a list of strings is one of char pointers */
static struct proxies *proxies_of(const char *setting, char *exception)
{
    struct error error = {0};
    char room[128];
    const struct config_registry settings = {.proxy = room,
                                             .no_proxy = {&exception, exception ? 1 : 0}};

    (void)snprintf(room, sizeof(room), "%s", setting);
    struct proxies *proxies = proxies_new(&settings, &error);
    if (!proxies)
        fail_msg("%s", error.message);
    return proxies;
}

static const char *const variables[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                        "HTTPS_PROXY", "all_proxy",  "ALL_PROXY",
                                        "no_proxy",    "NO_PROXY",   "REQUEST_METHOD"};

static int clear_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        scratch_set(variables[i], NULL);
    return 0;
}

static void test_H29_by_default_there_is_none(void **state)
{
    (void)state;
    scratch_set("HTTPS_PROXY", "http://env.test:1");
    struct proxies *proxies = proxies_of("none", NULL);

    assert_string_equal(proxy_for(proxies, "https://a.test"), "");
    proxies_free(proxies);
    proxies_free(NULL);
}

static void test_H29_the_setting_is_for_both_schemes_and_never_for_loopback(void **state)
{
    char exception[] = ".inside.test";
    struct proxies *proxies = proxies_of("http://proxy.test:3128", exception);

    (void)state;
    assert_string_equal(proxy_for(proxies, "https://a.test"), "proxy.test:3128");
    assert_string_equal(proxy_for(proxies, "http://a.test:5000"), "proxy.test:3128");
    assert_string_equal(proxy_for(proxies, "https://reg.inside.test"), "");
    assert_string_equal(proxy_for(proxies, "http://localhost:5000"), "");
    assert_string_equal(proxy_for(proxies, "http://127.0.0.1:5000"), "");
    assert_string_equal(proxy_for(proxies, "https://127.1"), "");
    assert_string_equal(proxy_for(proxies, "https://[::1]:5000"), "");
    assert_string_equal(proxy_for(proxies, "https://127.0.0.1.evil.test"), "proxy.test:3128");
    proxies_free(proxies);
}

static void test_H29_the_environment_by_scheme_and_lower_case_first(void **state)
{
    char exception[] = "b.test";

    (void)state;
    scratch_set("HTTPS_PROXY", "http://upper.test:1");
    scratch_set("https_proxy", "http://lower.test:2");
    scratch_set("HTTP_PROXY", "plain.test:3");
    scratch_set("NO_PROXY", "c.test");
    struct proxies *proxies = proxies_of("environment", exception);
    assert_string_equal(proxy_for(proxies, "https://a.test"), "lower.test:2");
    assert_string_equal(proxy_for(proxies, "http://a.test"), "plain.test:3");
    assert_string_equal(proxy_for(proxies, "https://b.test"), "");
    assert_string_equal(proxy_for(proxies, "https://c.test"), "");
    proxies_free(proxies);
}

static void test_H29_all_proxy_is_for_what_has_none(void **state)
{
    (void)state;
    scratch_set("ALL_PROXY", "socks5h://all.test:1080");
    scratch_set("https_proxy", "https://tls.test");
    struct proxies *proxies = proxies_of("environment", NULL);

    assert_string_equal(proxy_for(proxies, "https://a.test"), "tls.test");
    assert_string_equal(proxy_for(proxies, "http://a.test"), "all.test:1080");
    proxies_free(proxies);
}

/* A client's "Proxy:" header becomes HTTP_PROXY there (httpoxy, CVE-2016-5385). */
static void test_H29_a_cgi_program_does_not_heed_HTTP_PROXY(void **state)
{
    (void)state;
    scratch_set("REQUEST_METHOD", "GET");
    scratch_set("HTTP_PROXY", "http://evil.test:1");
    struct proxies *proxies = proxies_of("environment", NULL);
    assert_string_equal(proxy_for(proxies, "http://a.test"), "");
    proxies_free(proxies);

    scratch_set("http_proxy", "http://good.test:1");
    proxies = proxies_of("environment", NULL);
    assert_string_equal(proxy_for(proxies, "http://a.test"), "good.test:1");
    proxies_free(proxies);
}

static void test_S21_a_proxys_password_is_in_no_text(void **state)
{
    (void)state;
    scratch_set("https_proxy", "http://user:canary@proxy.test:3128");
    struct proxies *proxies = proxies_of("environment", NULL);
    assert_string_equal(proxy_for(proxies, "https://a.test"), "proxy.test:3128");
    proxies_free(proxies);

    struct error error = {0};
    char environment[] = "environment";
    const struct config_registry settings = {.proxy = environment};
    scratch_set("https_proxy", "ftp://user:canary@proxy.test");
    assert_null(proxies_new(&settings, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_string_equal(
        error.message, "https_proxy: not the URL of a proxy such as http://proxy.example.com:3128");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, clear_environment)
    const struct CMUnitTest tests[] = {
        TEST(test_H29_who_is_asked_directly),
        TEST(test_H29_by_default_there_is_none),
        TEST(test_H29_the_setting_is_for_both_schemes_and_never_for_loopback),
        TEST(test_H29_the_environment_by_scheme_and_lower_case_first),
        TEST(test_H29_all_proxy_is_for_what_has_none),
        TEST(test_H29_a_cgi_program_does_not_heed_HTTP_PROXY),
        TEST(test_S21_a_proxys_password_is_in_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

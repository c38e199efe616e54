/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses are private, which hosts may be asked, and which realms are told a secret.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "config/config.h"
#include "registry/guard.h"

/* -- addresses ------------------------------------------------------------------------------ */

static bool is_private(const char *text)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1)
        return guard_is_private((const struct sockaddr *)&ipv4);
    if (inet_pton(AF_INET6, text, &ipv6.sin6_addr) != 1)
        fail_msg("'%s' is no address", text);
    return guard_is_private((const struct sockaddr *)&ipv6);
}

/* Each block's first and last address, and the neighbours that are not in it. */
static void test_S1_the_edges_of_every_private_block(void **state)
{
    (void)state;
    static const struct {
        const char *inside[2];
        const char *outside[2]; /* NULL where the neighbour is another block's */
    } rows[] = {
        {{"0.0.0.0", "0.255.255.255"}, {NULL, "1.0.0.0"}},
        {{"10.0.0.0", "10.255.255.255"}, {"9.255.255.255", "11.0.0.0"}},
        {{"100.64.0.0", "100.127.255.255"}, {"100.63.255.255", "100.128.0.0"}},
        {{"127.0.0.0", "127.255.255.255"}, {"126.255.255.255", "128.0.0.0"}},
        {{"169.254.0.0", "169.254.255.255"}, {"169.253.255.255", "169.255.0.0"}},
        {{"172.16.0.0", "172.31.255.255"}, {"172.15.255.255", "172.32.0.0"}},
        {{"192.0.0.0", "192.0.0.255"}, {"191.255.255.255", "192.0.1.0"}},
        {{"192.168.0.0", "192.168.255.255"}, {"192.167.255.255", "192.169.0.0"}},
        {{"198.18.0.0", "198.19.255.255"}, {"198.17.255.255", "198.20.0.0"}},
        {{"224.0.0.0", "239.255.255.255"}, {"223.255.255.255", NULL}},
        {{"240.0.0.0", "255.255.255.255"}, {NULL, NULL}},
        {{"::", "::1"}, {NULL, "::1:0:0:0"}},
        {{"64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"},
         {"64:ff9b:0:ffff::", "64:ff9b:2::"}},
        {{"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}, {"fbff::", "fe00::"}},
        {{"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}, {"fe7f:ffff::", NULL}},
        {{"fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}, {NULL, NULL}},
        {{"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}, {NULL, NULL}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t j = 0; j < 2; j++) {
            if (!is_private(rows[i].inside[j]))
                fail_msg("%s is taken for public", rows[i].inside[j]);
            if (rows[i].outside[j] && is_private(rows[i].outside[j]))
                fail_msg("%s is taken for private", rows[i].outside[j]);
        }
    }
}

static void test_S1_ipv4_inside_ipv6_is_judged_by_the_inner_address(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_private;
    } rows[] = {
        {"::ffff:127.0.0.1", true}, {"::ffff:10.0.0.1", true},       {"::ffff:8.8.8.8", false},
        {"64:ff9b::7f00:1", true},  {"64:ff9b::a9fe:a9fe", true},    {"64:ff9b::808:808", false},
        {"2002:7f00:1::", true},    {"2002:c0a8:101::1", true},      {"2002:808:808::1", false},
        {"::127.0.0.1", true},      {"fd00:ec2::254", true},         {"2600:1901::1", false},
        {"2606:4700::1111", false}, {"100.100.100.200", true},       {"169.254.169.254", true},
        {"8.8.8.8", false},         {"2001:4860:4860::8888", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (is_private(rows[i].text) != rows[i].is_private)
            fail_msg("%s", rows[i].text);
}

static void test_S1_what_is_not_an_internet_address_is_private(void **state)
{
    (void)state;
    const struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/run/docker.sock"};

    assert_true(guard_is_private((const struct sockaddr *)&local));
}

/* -- hosts ---------------------------------------------------------------------------------- */

static char any[] = "*";
static char any_5000[] = "*:5000";
static char quay[] = "quay.io";
static char corp[] = "*.corp.test";
static char corp_5000[] = "*.corp.test:5000";
static char reg_5000[] = "reg:5000";
static char hub[] = "docker.io";
static char hub_index_443[] = "index.docker.io:443";
static char ten[] = "10.0.0.1";
static char broken[] = "reg:port";

static char *everything[] = {any};
static struct config_host listed_hosts[] = {{.name = reg_5000}, {.name = ten}};

/* The service as it is unless something was set, but for two listed hosts. */
static struct config_registry usual(void)
{
    return (struct config_registry){
        .allow = {everything, 1}, .hosts = listed_hosts, .host_count = 2};
}

static void assert_may_be_asked(const struct config_registry *settings, const char *registry)
{
    struct error error = {0};

    if (!guard_check_host(settings, registry, &error))
        fail_msg("%s: %s", registry, error.message);
}

static void assert_forbidden(const struct config_registry *settings, const char *registry,
                             const char *message)
{
    struct error error = {0};

    if (guard_check_host(settings, registry, &error))
        fail_msg("%s may be asked", registry);
    assert_int_equal(error.code, ERROR_FORBIDDEN);
    assert_string_equal(error.message, message);
}

static void test_public_registries_at_443_may_be_asked(void **state)
{
    (void)state;
    const struct config_registry settings = usual();

    assert_may_be_asked(&settings, "docker.io");
    assert_may_be_asked(&settings, "ghcr.io:443");
    assert_may_be_asked(&settings, "8.8.8.8");
    assert_may_be_asked(&settings, "[2001:4860:4860::8888]:443");
}

static void test_another_port_must_be_listed(void **state)
{
    (void)state;
    const struct config_registry settings = usual();

    assert_may_be_asked(&settings, "reg:5000");
    assert_forbidden(&settings, "reg:5001",
                     "registry 'reg:5001' has a port other than 443 and is not listed: add "
                     "`- name: reg:5001` under registry.hosts");
    assert_forbidden(&settings, "ghcr.io:80",
                     "registry 'ghcr.io:80' has a port other than 443 and is not listed: add "
                     "`- name: ghcr.io:80` under registry.hosts");
    assert_forbidden(&settings, "[2001:db8::1]:5000",
                     "registry '[2001:db8::1]:5000' has a port other than 443 and is not listed: "
                     "add `- name: \"[2001:db8::1]:5000\"` under registry.hosts");
}

static void test_an_allow_pattern_with_a_port_opens_that_port(void **state)
{
    (void)state;
    struct config_registry settings = usual();

    settings.allow = (struct string_list){(char *[]){any, any_5000}, 2};
    assert_may_be_asked(&settings, "other:5000");
    assert_false(guard_check_host(&settings, "other:5001", &(struct error){0}));
    settings.allow = (struct string_list){(char *[]){corp_5000}, 1};
    assert_may_be_asked(&settings, "a.corp.test:5000");
    assert_forbidden(&settings, "a.corp.test",
                     "registry 'a.corp.test' is not allowed: add it to registry.allow");
}

static void test_S1_private_literals_in_every_spelling_must_be_listed(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "127.0.0.1",         "2130706433",      "0x7f.1",
        "0177.0.0.1",        "127.1",           "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]", "169.254.169.254", "[fd00:ec2::254]",
        "100.100.100.200",   "10.0.0.2",        "0.0.0.0",
        "localhost",         "[::1]",           "[fe80::1]",
        "192.168.1.1:443",   "2130706433:443",
    };
    struct config_registry settings = usual();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        if (guard_check_host(&settings, rows[i], &error))
            fail_msg("%s may be asked", rows[i]);
        assert_int_equal(error.code, ERROR_FORBIDDEN);
        assert_non_null(strstr(error.message, "is at a private address and is not listed: add `"));
    }
    settings.allow_private = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_may_be_asked(&settings, rows[i]);
}

static void test_a_listed_host_needs_neither_allow_nor_a_public_address(void **state)
{
    (void)state;
    struct config_registry settings = usual();

    settings.allow = (struct string_list){0};
    assert_may_be_asked(&settings, "10.0.0.1");
    assert_may_be_asked(&settings, "reg:5000");
    assert_forbidden(&settings, "quay.io",
                     "registry 'quay.io' is not allowed: add it to registry.allow");
}

static void test_deny_wins(void **state)
{
    (void)state;
    struct config_registry settings = usual();

    settings.open = true;
    settings.deny = (struct string_list){(char *[]){quay, corp, reg_5000, ten}, 4};
    assert_forbidden(&settings, "quay.io",
                     "registry 'quay.io' is refused by 'quay.io' in registry.deny");
    assert_forbidden(&settings, "quay.io:8443",
                     "registry 'quay.io:8443' is refused by 'quay.io' in registry.deny");
    assert_forbidden(&settings, "a.b.corp.test",
                     "registry 'a.b.corp.test' is refused by '*.corp.test' in registry.deny");
    assert_forbidden(&settings, "reg:5000",
                     "registry 'reg:5000' is refused by 'reg:5000' in registry.deny");
    assert_forbidden(&settings, "012.1",
                     "registry '012.1' is refused by '10.0.0.1' in registry.deny");
    assert_may_be_asked(&settings, "corp.test");
    assert_may_be_asked(&settings, "evilcorp.test");
    assert_may_be_asked(&settings, "quay.io.evil.test");
    assert_may_be_asked(&settings, "reg:5001");
}

static void test_deny_holds_for_where_a_registry_sends_us(void **state)
{
    static char evil[] = "*.evil.test";
    static char port[] = "cdn.test:8443";
    const struct config_registry settings = {.deny = {(char *[]){evil, port}, 2}};
    static const struct {
        const char *url;
        bool is_allowed;
    } rows[] = {
        {"https://a.evil.test/x", false}, {"https://evil.test/x", true},
        {"https://cdn.test/x", true},     {"https://cdn.test:8443/x", false},
        {"https://10.0.0.1/x", true}, /* the address is judged when it is connected to */
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct url url;
        struct error error;
        assert_true(url_parse(slice_from_string(rows[i].url), NULL, "redirect", &url, &error));
        assert_int_equal(guard_check_place(&settings, &url, &error), rows[i].is_allowed);
        if (!rows[i].is_allowed)
            assert_int_equal(error.code, ERROR_FORBIDDEN);
        url_release(&url);
    }
}

static void test_R10_docker_hub_is_denied_by_any_of_its_names(void **state)
{
    (void)state;
    struct config_registry settings = usual();

    settings.deny = (struct string_list){(char *[]){hub}, 1};
    assert_false(guard_check_host(&settings, "registry-1.docker.io", &(struct error){0}));
    assert_false(guard_check_host(&settings, "index.docker.io:443", &(struct error){0}));
    settings.deny = (struct string_list){(char *[]){hub_index_443}, 1};
    assert_false(guard_check_host(&settings, "docker.io", &(struct error){0}));
    assert_may_be_asked(&settings, "evildocker.io");
}

static void test_a_person_may_reach_any_address_and_port(void **state)
{
    (void)state;
    struct config_registry settings = usual();

    settings.open = true;
    assert_may_be_asked(&settings, "localhost:5000");
    assert_may_be_asked(&settings, "192.168.0.7:8080");
}

static void test_what_is_no_host_or_pattern_matches_nothing(void **state)
{
    (void)state;
    struct config_registry settings = usual();

    assert_forbidden(&settings, "reg:0", "'reg:0' is not the name of a registry");
    assert_forbidden(&settings, "a\nb:", "'a\\x0ab:' is not the name of a registry");
    settings.allow = (struct string_list){(char *[]){broken}, 1};
    assert_forbidden(&settings, "quay.io",
                     "registry 'quay.io' is not allowed: add it to registry.allow");
}

/* -- redirects and realms ------------------------------------------------------------------- */

static struct url url_of(const char *text)
{
    struct url url = {0};
    struct error error = {0};

    if (!url_parse(slice_from_string(text), NULL, "URL", &url, &error))
        fail_msg("%s: %s", text, error.message);
    return url;
}

static bool may_redirect(bool plain_http, const char *from, const char *next)
{
    const struct endpoint endpoint = {.plain_http = plain_http};
    struct url from_url = url_of(from);
    struct url next_url = url_of(next);
    struct error error = {0};

    bool may = guard_check_redirect(&endpoint, &from_url, &next_url, &error);
    assert_int_equal(error.code, may ? ERROR_NONE : ERROR_UPSTREAM);
    url_release(&from_url);
    url_release(&next_url);
    return may;
}

static void test_H16_a_redirect_never_leaves_https(void **state)
{
    (void)state;
    assert_true(may_redirect(false, "https://reg/a", "https://cdn.test/b"));
    assert_true(may_redirect(false, "https://reg/a", "https://reg:8443/b"));
    assert_false(may_redirect(false, "https://reg/a", "http://reg/b"));
    assert_false(may_redirect(false, "https://reg/a", "http://127.0.0.1/"));
    assert_true(may_redirect(true, "http://reg/a", "http://minio:9000/b"));
    assert_true(may_redirect(true, "http://reg/a", "https://reg/b"));
    /* http to https and back. */
    assert_false(may_redirect(true, "https://reg/b", "http://reg/a"));
    assert_false(may_redirect(false, "http://reg/a", "http://reg/b"));
}

static char token_host[] = "auth.intranet";
static char token_host_5001[] = "auth.intranet:5001";

static bool is_trusted(const struct endpoint *endpoint, const char *realm)
{
    struct url url = url_of(realm);
    bool trusted = guard_realm_is_trusted(endpoint, &url);

    url_release(&url);
    return trusted;
}

static struct endpoint endpoint_at(char *registry, char *base, const struct config_host *listed)
{
    return (struct endpoint){
        .registry = registry,
        .base = base,
        .host = listed,
        .is_listed = listed != NULL,
        .plain_http = slice_starts_with(slice_from_string(base), SLICE("http:")),
    };
}

static void test_A14_an_https_registrys_realm_is_https(void **state)
{
    (void)state;
    static const struct {
        bool plain_http;
        const char *realm;
        bool may_be_asked;
    } rows[] = {
        {false, "https://auth.test/t", true},       {false, "http://auth.test/t", false},
        {false, "http://169.254.169.254/x", false}, {true, "http://auth.test:5001/t", true},
        {true, "https://auth.test/t", true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct endpoint endpoint = {.plain_http = rows[i].plain_http};
        struct url realm = url_of(rows[i].realm);
        struct error error = {0};
        assert_int_equal(guard_check_realm(&endpoint, &realm, &error), rows[i].may_be_asked);
        assert_int_equal(error.code, rows[i].may_be_asked ? ERROR_NONE : ERROR_DENIED);
        url_release(&realm);
    }
}

static void test_A15_the_registrys_own_host_and_port_are_trusted(void **state)
{
    (void)state;
    const struct endpoint reg =
        endpoint_at((char[]){"reg:5000"}, (char[]){"https://reg:5000"}, NULL);
    const struct endpoint ghcr =
        endpoint_at((char[]){"ghcr.io"}, (char[]){"https://ghcr.io"}, NULL);
    const struct endpoint plain =
        endpoint_at((char[]){"reg:5000"}, (char[]){"http://reg:5000"}, NULL);
    const struct endpoint ipv6 =
        endpoint_at((char[]){"[fc00::1]:5000"}, (char[]){"https://[fc00::1]:5000"}, NULL);

    assert_true(is_trusted(&ghcr, "https://ghcr.io/token"));
    assert_true(is_trusted(&ghcr, "https://ghcr.io:443/token"));
    assert_true(is_trusted(&reg, "https://reg:5000/token"));
    assert_true(is_trusted(&ipv6, "https://[FC00:0::1]:5000/token"));
    assert_true(is_trusted(&plain, "http://reg:5000/token"));
    assert_false(is_trusted(&ghcr, "https://ghcr.io:8443/token"));
    assert_false(is_trusted(&reg, "https://reg/token"));
    assert_false(is_trusted(&reg, "https://evil.test/t"));
    assert_false(is_trusted(&reg, "https://reg.evil.test:5000/t"));
    assert_false(is_trusted(&reg, "https://evil-reg:5000/t"));
    assert_false(is_trusted(&plain, "http://reg/token"));
    /* The same port without TLS. */
    assert_false(is_trusted(&reg, "http://reg:5000/token"));
}

static void test_A15_the_listed_realms_are_trusted(void **state)
{
    (void)state;
    struct config_host listed = {.realm = {(char *[]){token_host}, 1}};
    const struct endpoint reg =
        endpoint_at((char[]){"reg.intranet"}, (char[]){"https://reg.intranet"}, &listed);

    assert_true(is_trusted(&reg, "https://auth.intranet/t"));
    assert_false(is_trusted(&reg, "http://auth.intranet/t"));
    assert_false(is_trusted(&reg, "https://auth.intranet:5001/t"));
    assert_false(is_trusted(&reg, "https://auth.intranet.evil.test/t"));
    listed.realm.items[0] = token_host_5001;
    assert_true(is_trusted(&reg, "https://auth.intranet:5001/t"));
    assert_false(is_trusted(&reg, "https://auth.intranet/t"));
}

static void test_A15_a_plain_http_registrys_listed_realm_is_at_port_80(void **state)
{
    (void)state;
    struct config_host listed = {.realm = {(char *[]){token_host}, 1}};
    const struct endpoint reg =
        endpoint_at((char[]){"reg.intranet"}, (char[]){"http://reg.intranet"}, &listed);

    assert_true(is_trusted(&reg, "http://auth.intranet/t"));
    assert_true(is_trusted(&reg, "https://auth.intranet/t"));
    assert_false(is_trusted(&reg, "http://auth.intranet:443/t"));
}

static void test_A15_the_pairs_known_to_belong_together(void **state)
{
    (void)state;
    static const struct {
        char registry[32];
        const char *realm;
        bool is_trusted;
    } rows[] = {
        {"docker.io", "https://auth.docker.io/token", true},
        {"index.docker.io", "https://auth.docker.io/token", true},
        {"registry-1.docker.io", "https://auth.docker.io/token", true},
        {"registry.gitlab.com", "https://gitlab.com/jwt/auth", true},
        {"nvcr.io", "https://authn.nvidia.com/token", true},
        {"docker.io", "https://auth.docker.io:8443/token", false},
        {"docker.io", "https://auth.docker.io.evil.test/token", false},
        {"docker.io", "https://gitlab.com/jwt/auth", false},
        {"ghcr.io", "https://auth.docker.io/token", false},
        {"evildocker.io", "https://auth.docker.io/token", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char registry[32];
        memcpy(registry, rows[i].registry, sizeof(registry));
        const struct endpoint endpoint = endpoint_at(registry, (char[]){"https://x"}, NULL);
        if (is_trusted(&endpoint, rows[i].realm) != rows[i].is_trusted)
            fail_msg("%s and %s", rows[i].registry, rows[i].realm);
    }
}

static void test_A15_a_known_pair_is_not_trusted_by_plain_http(void **state)
{
    (void)state;
    const struct endpoint hub_by_http =
        endpoint_at((char[]){"docker.io"}, (char[]){"http://registry-1.docker.io"}, NULL);

    assert_false(is_trusted(&hub_by_http, "http://auth.docker.io/token"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_S1_the_edges_of_every_private_block),
        cmocka_unit_test(test_S1_ipv4_inside_ipv6_is_judged_by_the_inner_address),
        cmocka_unit_test(test_S1_what_is_not_an_internet_address_is_private),
        cmocka_unit_test(test_public_registries_at_443_may_be_asked),
        cmocka_unit_test(test_another_port_must_be_listed),
        cmocka_unit_test(test_an_allow_pattern_with_a_port_opens_that_port),
        cmocka_unit_test(test_S1_private_literals_in_every_spelling_must_be_listed),
        cmocka_unit_test(test_a_listed_host_needs_neither_allow_nor_a_public_address),
        cmocka_unit_test(test_deny_wins),
        cmocka_unit_test(test_deny_holds_for_where_a_registry_sends_us),
        cmocka_unit_test(test_R10_docker_hub_is_denied_by_any_of_its_names),
        cmocka_unit_test(test_a_person_may_reach_any_address_and_port),
        cmocka_unit_test(test_what_is_no_host_or_pattern_matches_nothing),
        cmocka_unit_test(test_H16_a_redirect_never_leaves_https),
        cmocka_unit_test(test_A14_an_https_registrys_realm_is_https),
        cmocka_unit_test(test_A15_the_registrys_own_host_and_port_are_trusted),
        cmocka_unit_test(test_A15_the_listed_realms_are_trusted),
        cmocka_unit_test(test_A15_a_plain_http_registrys_listed_realm_is_at_port_80),
        cmocka_unit_test(test_A15_the_pairs_known_to_belong_together),
        cmocka_unit_test(test_A15_a_known_pair_is_not_trusted_by_plain_http),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

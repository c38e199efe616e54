/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a registry's name to its URL, and who may be spoken to without TLS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "registry/endpoint.h"

static char hub[] = "docker.io";
static char hub_index[] = "index.docker.io";
static char plain[] = "plain:5000";
static char local[] = "localhost:5000";
static char insecure[] = "insecure.test";
static char everything[] = "*";
static char domain[] = "*.lab.test";

static struct config_host listed_hosts[] = {
    {.name = plain, .plain_http = true},
    {.name = local},
    {.name = insecure, .insecure_skip_verify = true},
};

static const struct config_registry service = {.hosts = listed_hosts, .host_count = 3};

static struct endpoint found(const struct config_registry *settings, const char *registry)
{
    struct endpoint endpoint = {0};
    struct error error = {0};

    assert_true(endpoint_find(settings, registry, &endpoint, &error));
    assert_string_equal(endpoint.registry, registry);
    return endpoint;
}

static void assert_base(const struct config_registry *settings, const char *registry,
                        const char *base)
{
    struct endpoint endpoint = found(settings, registry);

    assert_string_equal(endpoint.base, base);
    assert_int_equal(endpoint.plain_http,
                     slice_starts_with(slice_from_string(base), SLICE("http:")));
    endpoint_release(&endpoint);
}

static void test_R10_docker_hub_is_reached_at_its_api(void **state)
{
    (void)state;
    assert_base(&service, "docker.io", "https://registry-1.docker.io");
    assert_base(&service, "index.docker.io", "https://registry-1.docker.io");
    assert_base(&service, "registry-1.docker.io", "https://registry-1.docker.io");
    assert_base(&service, "evildocker.io", "https://evildocker.io");
    assert_base(&service, "hub.docker.io", "https://hub.docker.io");
}

static void test_others_are_reached_by_https_at_their_own_name(void **state)
{
    (void)state;
    assert_base(&service, "ghcr.io", "https://ghcr.io");
    assert_base(&service, "reg:5000", "https://reg:5000");
    assert_base(&service, "[fc00::1]:5000", "https://[fc00::1]:5000");
}

static void test_H26_a_service_speaks_plain_http_only_where_it_is_listed(void **state)
{
    (void)state;
    assert_base(&service, "plain:5000", "http://plain:5000");
    assert_base(&service, "plain", "https://plain");
    assert_base(&service, "plain:5001", "https://plain:5001");
    assert_base(&service, "plain:5000.evil.test", "https://plain:5000.evil.test");
    assert_base(&service, "localhost:5000", "https://localhost:5000");
    assert_base(&service, "localhost:5001", "https://localhost:5001");
    assert_base(&service, "127.0.0.1:5000", "https://127.0.0.1:5000");
}

static void test_H26_a_person_speaks_plain_http_to_literal_loopback(void **state)
{
    (void)state;
    const struct config_registry person = {.hosts = listed_hosts, .host_count = 3, .open = true};

    assert_base(&person, "localhost:5001", "http://localhost:5001");
    assert_base(&person, "localhost", "http://localhost");
    assert_base(&person, "127.0.0.1:5000", "http://127.0.0.1:5000");
    assert_base(&person, "127.8.8.8", "http://127.8.8.8");
    assert_base(&person, "[::1]:5000", "http://[::1]:5000");
    assert_base(&person, "localhost:443", "https://localhost:443");
    /* Listed, and not for plain HTTP. */
    assert_base(&person, "localhost:5000", "https://localhost:5000");
}

static void test_S24_a_name_that_resolves_to_loopback_is_reached_by_https(void **state)
{
    (void)state;
    const struct config_registry person = {.open = true};

    assert_base(&person, "localtest.me", "https://localtest.me");
    assert_base(&person, "127.0.0.1.evil.test", "https://127.0.0.1.evil.test");
    assert_base(&person, "registry.local", "https://registry.local");
    assert_base(&person, "10.0.0.1:5000", "https://10.0.0.1:5000");
}

static void test_the_flags_of_the_command_line(void **state)
{
    (void)state;
    const struct config_registry plain_http = {
        .hosts = listed_hosts, .host_count = 3, .open = true, .plain_http = true};
    const struct config_registry unverified = {.open = true, .insecure = true};
    struct endpoint endpoint = found(&unverified, "reg:5000");

    assert_true(endpoint.insecure);
    endpoint_release(&endpoint);
    assert_base(&plain_http, "reg:5000", "http://reg:5000");
    assert_base(&plain_http, "localhost:5000", "http://localhost:5000");
    /* --insecure is about certificates: there must be TLS. */
    assert_base(&unverified, "localhost:5000", "https://localhost:5000");
}

static void test_certificates_are_verified_unless_listed_so(void **state)
{
    (void)state;
    struct endpoint verified = found(&service, "reg:5000");
    struct endpoint unverified = found(&service, "insecure.test");

    assert_false(verified.insecure);
    assert_true(unverified.insecure);
    endpoint_release(&verified);
    endpoint_release(&unverified);
}

static bool may_be_private(const struct config_registry *settings, const char *registry)
{
    struct endpoint endpoint = found(settings, registry);
    bool answer = endpoint.may_be_private;

    endpoint_release(&endpoint);
    return answer;
}

static void test_S1_listing_or_a_setting_opens_private_addresses(void **state)
{
    (void)state;
    const struct config_registry allowing = {.allow_private = true};
    const struct config_registry person = {.open = true};

    assert_false(may_be_private(&service, "reg:5000"));
    assert_true(may_be_private(&service, "plain:5000"));
    assert_false(may_be_private(&service, "plain:5001"));
    assert_true(may_be_private(&allowing, "reg:5000"));
    assert_true(may_be_private(&person, "reg:5000"));
}

static void test_a_listed_host_is_found_by_its_exact_name(void **state)
{
    (void)state;
    assert_ptr_equal(endpoint_listed(&service, "plain:5000"), &listed_hosts[0]);
    assert_null(endpoint_listed(&service, "plain"));
    /* The usual port may be written or not. */
    assert_ptr_equal(endpoint_listed(&service, "insecure.test:443"),
                     endpoint_listed(&service, "insecure.test"));
    assert_non_null(endpoint_listed(&service, "insecure.test:443"));
    assert_null(endpoint_listed(&service, "insecure.test:444"));
    assert_null(endpoint_listed(&service, "docker.io"));

    struct endpoint endpoint = found(&service, "plain:5000");
    assert_ptr_equal(endpoint.host, &listed_hosts[0]);
    assert_true(endpoint.is_listed);
    endpoint_release(&endpoint);
}

static void test_a_pattern_says_how_and_opens_nothing(void **state)
{
    (void)state;
    struct config_host hosts[] = {
        {.name = everything}, {.name = domain, .insecure_skip_verify = true}, {.name = plain}};
    const struct config_registry settings = {.hosts = hosts, .host_count = 3};
    struct endpoint covered = found(&settings, "reg.lab.test:5000");
    struct endpoint other = found(&settings, "quay.io");
    struct endpoint listed = found(&settings, "plain:5000");

    assert_ptr_equal(covered.host, &hosts[1]);
    assert_true(covered.insecure);
    assert_false(covered.is_listed);
    assert_false(covered.may_be_private);
    assert_ptr_equal(other.host, &hosts[0]);
    assert_false(other.is_listed);
    assert_ptr_equal(listed.host, &hosts[2]);
    assert_true(listed.may_be_private);
    endpoint_release(&covered);
    endpoint_release(&other);
    endpoint_release(&listed);
}

static void test_R10_docker_hubs_names_are_one_listed_host(void **state)
{
    (void)state;
    static const char *const names[] = {"docker.io", "index.docker.io", "registry-1.docker.io"};
    struct config_host hosts[] = {{.name = hub}};
    const struct config_registry settings = {.hosts = hosts, .host_count = 1};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        hosts[0].name = hub;
        assert_ptr_equal(endpoint_listed(&settings, names[i]), &hosts[0]);
        hosts[0].name = hub_index;
        assert_ptr_equal(endpoint_listed(&settings, names[i]), &hosts[0]);
    }
    assert_null(endpoint_listed(&settings, "auth.docker.io"));
}

static void test_release_is_for_null_and_twice_too(void **state)
{
    (void)state;
    struct endpoint endpoint = found(&service, "reg");

    endpoint_release(&endpoint);
    endpoint_release(&endpoint);
    assert_null(endpoint.base);
    endpoint_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_R10_docker_hub_is_reached_at_its_api),
        cmocka_unit_test(test_others_are_reached_by_https_at_their_own_name),
        cmocka_unit_test(test_H26_a_service_speaks_plain_http_only_where_it_is_listed),
        cmocka_unit_test(test_H26_a_person_speaks_plain_http_to_literal_loopback),
        cmocka_unit_test(test_S24_a_name_that_resolves_to_loopback_is_reached_by_https),
        cmocka_unit_test(test_the_flags_of_the_command_line),
        cmocka_unit_test(test_certificates_are_verified_unless_listed_so),
        cmocka_unit_test(test_S1_listing_or_a_setting_opens_private_addresses),
        cmocka_unit_test(test_a_listed_host_is_found_by_its_exact_name),
        cmocka_unit_test(test_a_pattern_says_how_and_opens_nothing),
        cmocka_unit_test(test_R10_docker_hubs_names_are_one_listed_host),
        cmocka_unit_test(test_release_is_for_null_and_twice_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

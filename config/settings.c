/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE table: a new setting is a field of struct config and a row here. The file's keys, the
 * variables' names, the limits, the defaults and what --print-config prints all come from it.
 */
#include "config/config.h"
#include "config/setting.h"

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define YEAR   (8760 * HOUR)
#define MIB    UINT64_C(1048576)
#define GIB    (1024 * MIB)

/* Where a row's value is, and what a reload does with a new one. */
#define LIVE(path)    offsetof(struct config, path), SETTING_LIVE
#define FORGETS(path) offsetof(struct config, path), SETTING_FORGETS
#define RESTART(path) offsetof(struct config, path), SETTING_RESTART
#define OF_HOST(key)  offsetof(struct config_host, key), SETTING_LIVE

static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const formats[] = {"logfmt", "json", NULL};
static const char *const proxy_headers[] = {"x-forwarded-for", "forwarded", NULL};
static const char *const accesses[] = {"all", "misses", "none", NULL};

/* clang-format off */
const struct setting settings[] = {
    {"server.listen", &setting_address, RESTART(server.listen),
     "127.0.0.1:8080", 0, 0, NULL,
     "address and port, [::]:8080, :8080 for all addresses, or unix:/path"},
    {"server.threads", &setting_count, RESTART(server.threads),
     "0", 0, 256, NULL,
     "event threads; 0: one a core"},
    {"server.max_connections", &setting_count, LIVE(server.max_connections),
     "20000", 1, 1000000, NULL,
     "connections at once"},
    {"server.idle_timeout", &setting_duration, LIVE(server.idle_timeout),
     "1m15s", SECOND, HOUR, NULL,
     "time for a body to come, for an answer to be taken, and between requests"},
    {"server.header_timeout", &setting_duration, LIVE(server.header_timeout),
     "10s", SECOND, 5 * MINUTE, NULL,
     "time for a whole request head"},
    {"server.drain_delay", &setting_duration, LIVE(server.drain_delay),
     "0s", 0, 10 * MINUTE, NULL,
     "after SIGTERM: not ready, but still accepting, for"},
    {"server.drain_timeout", &setting_duration, LIVE(server.drain_timeout),
     "20s", 0, HOUR, NULL,
     "then: time for requests in flight"},
    {"server.cors", &setting_origin_list, LIVE(server.cors),
     "[]", 0, 0, NULL,
     "origins whose web pages may ask: https://ui.example.com, or * for all"},
    {"server.admin", &setting_optional_address, RESTART(server.admin),
     "null", 0, 0, NULL,
     "a second address, for operators: /metrics, and /debug; null: /metrics at server.listen"},
    {"server.tls_cert", &setting_optional, LIVE(server.tls_cert),
     "null", 0, 0, NULL,
     "the certificate of server.listen, and its chain, PEM; null: no TLS"},
    {"server.tls_key", &setting_optional, LIVE(server.tls_key),
     "null", 0, 0, NULL,
     "its private key, PEM, not encrypted"},
    {"server.tokens_file", &setting_optional, LIVE(server.tokens_file),
     "null", 0, 0, NULL,
     "a file of tokens, one a line, one of which a question must bring; null: none is wanted"},
    {"server.trusted_proxies", &setting_text_list, LIVE(server.trusted_proxies),
     "[]", 0, 0, NULL,
     "who is believed about whom they ask for: addresses, networks such as 10.0.0.0/8, unix"},
    {"server.proxy_header", &setting_word, LIVE(server.proxy_header),
     "x-forwarded-for", 0, 0, proxy_headers,
     "x-forwarded-for or forwarded: where they say it; the other header is not believed"},
    {"server.rate_limit", &setting_count, LIVE(server.rate_limit),
     "0", 0, 1000000, NULL,
     "questions a minute that one client may ask of registries through us; 0: any number"},
    {"server.max_connections_per_client", &setting_count, LIVE(server.max_connections_per_client),
     "0", 0, 1000000, NULL,
     "connections at once of one client; 0: any number"},

    {"cache.fresh", &setting_duration, LIVE(cache.fresh),
     "5m", 0, YEAR, NULL,
     "a tag's answer is given without asking the registry for"},
    {"cache.stale_while_revalidate", &setting_duration, LIVE(cache.stale_while_revalidate),
     "1h", 0, YEAR, NULL,
     "then: given at once, and refreshed behind"},
    {"cache.stale_if_error", &setting_duration, LIVE(cache.stale_if_error),
     "24h", 0, YEAR, NULL,
     "then: given when the registry cannot be asked"},
    {"cache.negative", &setting_duration, LIVE(cache.negative),
     "30s", 0, 24 * HOUR, NULL,
     "the answers \"not found\" and \"denied\" are kept for"},
    {"cache.memory", &setting_size, LIVE(cache.memory),
     "64MiB", MIB, 1024 * GIB, NULL,
     "bytes of answers kept"},
    {"cache.state_file", &setting_optional, LIVE(cache.state_file),
     "null", 0, 0, NULL,
     "where the cache is saved on exit and loaded from at the start"},

    {"registry.timeout", &setting_duration, LIVE(registry.timeout),
     "20s", SECOND, 10 * MINUTE, NULL,
     "time for a whole query"},
    {"registry.memory", &setting_size, LIVE(registry.memory),
     "64MiB", 16 * MIB, 64 * GIB, NULL,
     "bytes of manifests on their way, and read"},
    {"registry.workers_max", &setting_count, RESTART(registry.workers_max),
     "256", 1, 1024, NULL,
     "lookups at once"},
    {"registry.queue_max", &setting_count, RESTART(registry.queue_max),
     "1024", 1, 100000, NULL,
     "lookups waiting for one registry"},
    {"registry.quota_floor", &setting_count, LIVE(registry.quota_floor),
     "10", 0, 1000000, NULL,
     "with less left of a registry's quota, stale answers are given instead of spending it; 0: never"},
    {"registry.allow", &setting_pattern_list, LIVE(registry.allow),
     "[\"*\"]", 0, 0, NULL,
     "hosts that may be asked: host, host:port, *.domain, *"},
    {"registry.deny", &setting_pattern_list, LIVE(registry.deny),
     "[]", 0, 0, NULL,
     "hosts that may not; wins over allow"},
    {"registry.allow_private", &setting_boolean, FORGETS(registry.allow_private),
     "false", 0, 0, NULL,
     "ask registries at private addresses that are not listed below, too"},
    {"registry.credentials", &setting_credentials, FORGETS(registry.credentials),
     "none", 0, 0, NULL,
     "none, docker (config.json and its helpers), or the path of such a file"},
    {"registry.proxy", &setting_proxy, FORGETS(registry.proxy),
     "none", 0, 0, NULL,
     "none, environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), or the URL of one"},
    {"registry.no_proxy", &setting_text_list, FORGETS(registry.no_proxy),
     "[]", 0, 0, NULL,
     "asked without the proxy: host, host:port, .domain, address, 10.0.0.0/8, *"},
    {"registry.certs_dirs", &setting_text_list, FORGETS(registry.certs_dirs),
     "[]", 0, 0, NULL,
     "directories laid out as /etc/docker/certs.d or containerd's certs.d"},
    {"registry.hosts", &setting_hosts, LIVE(registry),
     "[]", 0, 0, NULL,
     "registries by name, which may be reached whatever their address and port; or by pattern"},

    {"log.level", &setting_word, LIVE(log.level),
     "info", 0, 0, levels,
     "debug, info, warning or error"},
    {"log.format", &setting_word, RESTART(log.format),
     "logfmt", 0, 0, formats,
     "logfmt or json"},
    {"log.access", &setting_word, LIVE(log.access),
     "misses", 0, 0, accesses,
     "requests that are logged: all, misses (not answered from the cache) or none"},

    {"push.enabled", &setting_boolean, LIVE(push.enabled),
     "false", 0, 0, NULL,
     "take POST /push and POST /check"},
    {"push.timeout", &setting_duration, LIVE(push.timeout),
     "1h", SECOND, 24 * HOUR, NULL,
     "time for a whole push"},
    {"push.tokens_file", &setting_optional, LIVE(push.tokens_file),
     "null", 0, 0, NULL,
     "a file of tokens, one a line, one of which a push must bring"},
    {"push.anonymous", &setting_boolean, LIVE(push.anonymous),
     "false", 0, 0, NULL,
     "push for callers without a token, too: with their own registry credentials, or with none"},
};

const struct setting host_settings[] = {
    {"name", &setting_host_pattern, OF_HOST(name), "null", 0, 0, NULL,
     "the host as image names have it, with the port if there is one; or *.example.com, or *"},
    {"plain_http", &setting_boolean, OF_HOST(plain_http), "false", 0, 0, NULL,
     "speak HTTP without TLS"},
    {"insecure_skip_verify", &setting_boolean, OF_HOST(insecure_skip_verify), "false",
     0, 0, NULL, "take any certificate"},
    {"ca_file", &setting_optional, OF_HOST(ca_file), "null", 0, 0, NULL,
     "certificate authorities instead of the system's, PEM"},
    {"extra_ca_files", &setting_text_list, OF_HOST(extra_ca_files), "[]", 0, 0, NULL,
     "certificate authorities besides, PEM"},
    {"client_cert", &setting_optional, OF_HOST(client_cert), "null", 0, 0, NULL,
     "our certificate, and its chain, PEM"},
    {"client_key", &setting_optional, OF_HOST(client_key), "null", 0, 0, NULL,
     "its private key, PEM, not encrypted"},
    {"mirrors", &setting_mirrors, OF_HOST(mirrors), "[]", 0, 0, NULL,
     "hosts that are asked first, in this order; host/name where its repositories are below a name"},
    {"username", &setting_optional, OF_HOST(username), "null", 0, 0, NULL,
     "whom to log in as"},
    {"password_file", &setting_optional, OF_HOST(password_file), "null",
     0, 0, NULL, "a file whose first line is the password"},
    {"token_file", &setting_optional, OF_HOST(token_file), "null", 0, 0, NULL,
     "a file whose first line is a token, sent as it is"},
    {"credential_helper", &setting_helper, OF_HOST(credential_helper), "null", 0, 0, NULL,
     "NAME of a docker-credential-NAME that is asked for credentials"},
    {"realm", &setting_host_list, OF_HOST(realm), "[]", 0, 0, NULL,
     "other hosts that may be given these credentials for a token"},
    {"max_concurrent", &setting_count, OF_HOST(max_concurrent), "0", 0, 100000, NULL,
     "requests at once; 0: any number"},
    {"timeout", &setting_duration, OF_HOST(timeout), "0s", 0, 10 * MINUTE, NULL,
     "time for a whole query; 0s: registry.timeout"},
};
/* clang-format on */

const size_t setting_total = sizeof(settings) / sizeof(settings[0]);
const size_t host_setting_total = sizeof(host_settings) / sizeof(host_settings[0]);

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

#define FIELD(path)  offsetof(struct config, path)
#define OF_HOST(key) offsetof(struct config_host, key)

static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const formats[] = {"logfmt", "json", NULL};
static const char *const accesses[] = {"all", "misses", "none", NULL};

/* clang-format off */
const struct setting settings[] = {
    {"server.listen", &setting_address, FIELD(server.listen),
     "127.0.0.1:8080", 0, 0, NULL,
     "address and port, [::]:8080, :8080 for all addresses, or unix:/path"},
    {"server.threads", &setting_count, FIELD(server.threads),
     "0", 0, 256, NULL,
     "event threads; 0: one a core"},
    {"server.max_connections", &setting_count, FIELD(server.max_connections),
     "20000", 1, 1000000, NULL,
     "connections at once"},
    {"server.idle_timeout", &setting_duration, FIELD(server.idle_timeout),
     "1m15s", SECOND, HOUR, NULL,
     "a keep-alive connection without a request is closed after"},
    {"server.header_timeout", &setting_duration, FIELD(server.header_timeout),
     "10s", SECOND, 5 * MINUTE, NULL,
     "time for a whole request head"},
    {"server.drain_delay", &setting_duration, FIELD(server.drain_delay),
     "0s", 0, 10 * MINUTE, NULL,
     "after SIGTERM: not ready, but still accepting, for"},
    {"server.drain_timeout", &setting_duration, FIELD(server.drain_timeout),
     "20s", 0, HOUR, NULL,
     "then: time for requests in flight"},

    {"cache.fresh", &setting_duration, FIELD(cache.fresh),
     "5m", 0, YEAR, NULL,
     "a tag's answer is given without asking the registry for"},
    {"cache.stale_while_revalidate", &setting_duration, FIELD(cache.stale_while_revalidate),
     "1h", 0, YEAR, NULL,
     "then: given at once, and refreshed behind"},
    {"cache.stale_if_error", &setting_duration, FIELD(cache.stale_if_error),
     "24h", 0, YEAR, NULL,
     "then: given when the registry cannot be asked"},
    {"cache.negative", &setting_duration, FIELD(cache.negative),
     "30s", 0, 24 * HOUR, NULL,
     "the answers \"not found\" and \"denied\" are kept for"},
    {"cache.memory", &setting_size, FIELD(cache.memory),
     "64MiB", MIB, 1024 * GIB, NULL,
     "bytes of answers kept"},

    {"registry.timeout", &setting_duration, FIELD(registry.timeout),
     "20s", SECOND, 10 * MINUTE, NULL,
     "time for a whole query"},
    {"registry.memory", &setting_size, FIELD(registry.memory),
     "64MiB", 16 * MIB, 64 * GIB, NULL,
     "bytes of manifests on their way"},
    {"registry.workers_max", &setting_count, FIELD(registry.workers_max),
     "256", 1, 1024, NULL,
     "lookups at once"},
    {"registry.queue_max", &setting_count, FIELD(registry.queue_max),
     "1024", 1, 100000, NULL,
     "lookups waiting for one registry"},
    {"registry.allow", &setting_pattern_list, FIELD(registry.allow),
     "[\"*\"]", 0, 0, NULL,
     "hosts that may be asked: host, host:port, *.domain, *"},
    {"registry.deny", &setting_pattern_list, FIELD(registry.deny),
     "[]", 0, 0, NULL,
     "hosts that may not; wins over allow"},
    {"registry.allow_private", &setting_boolean, FIELD(registry.allow_private),
     "false", 0, 0, NULL,
     "ask registries at private addresses that are not listed below, too"},
    {"registry.credentials", &setting_credentials, FIELD(registry.credentials),
     "none", 0, 0, NULL,
     "none, docker (config.json and its helpers), or the path of such a file"},
    {"registry.hosts", &setting_hosts, FIELD(registry),
     "[]", 0, 0, NULL,
     "registries by name; these may be reached whatever their address and port"},

    {"log.level", &setting_word, FIELD(log.level),
     "info", 0, 0, levels,
     "debug, info, warning or error"},
    {"log.format", &setting_word, FIELD(log.format),
     "logfmt", 0, 0, formats,
     "logfmt or json"},
    {"log.access", &setting_word, FIELD(log.access),
     "misses", 0, 0, accesses,
     "requests that are logged: all, misses (not answered from the cache) or none"},

    {"push.enabled", &setting_boolean, FIELD(push.enabled),
     "false", 0, 0, NULL,
     "take POST /push and POST /check"},
    {"push.timeout", &setting_duration, FIELD(push.timeout),
     "1h", SECOND, 24 * HOUR, NULL,
     "time for a whole push"},
    {"push.tokens_file", &setting_optional, FIELD(push.tokens_file),
     "null", 0, 0, NULL,
     "a file of tokens, one a line, one of which a push must bring"},
    {"push.anonymous", &setting_boolean, FIELD(push.anonymous),
     "false", 0, 0, NULL,
     "push for callers without a token, too: with their own registry credentials, or with none"},
};

const struct setting host_settings[] = {
    {"name", &setting_host, OF_HOST(name), "null", 0, 0, NULL,
     "the host as image names have it, with the port if there is one"},
    {"plain_http", &setting_boolean, OF_HOST(plain_http), "false", 0, 0, NULL,
     "speak HTTP without TLS"},
    {"insecure_skip_verify", &setting_boolean, OF_HOST(insecure_skip_verify), "false",
     0, 0, NULL, "take any certificate"},
    {"ca_file", &setting_optional, OF_HOST(ca_file), "null", 0, 0, NULL,
     "certificate authorities instead of the system's, PEM"},
    {"username", &setting_optional, OF_HOST(username), "null", 0, 0, NULL,
     "whom to log in as"},
    {"password_file", &setting_optional, OF_HOST(password_file), "null",
     0, 0, NULL, "a file whose first line is the password"},
    {"realm", &setting_host_list, OF_HOST(realm), "[]", 0, 0, NULL,
     "other hosts that may be given these credentials for a token"},
};
/* clang-format on */

const size_t setting_total = sizeof(settings) / sizeof(settings[0]);
const size_t host_setting_total = sizeof(host_settings) / sizeof(host_settings[0]);

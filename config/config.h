/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operator sets: defaults, then a YAML file, then the environment, then flags; one table
 * (settings.c) for all of it.
 *
 * A struct config is immutable, and counted so that whoever needs it keeps it; a reload makes
 * another one. Each library is given its own section of it.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"
#include "base/warnings.h"

struct string_list {
    char **items;
    size_t count;
};

/* Where a registry's images may be read, too. */
struct config_mirror {
    char *host;          /* the name of a host of its own */
    char *prefix;        /* before the repository there: "proxy/hub"; NULL: none */
    bool by_digest_only; /* it is not believed what a tag means (H28) */
};

struct config_mirrors {
    struct config_mirror *items;
    size_t count;
};

/*
 * One registry the operator named, which may be reached whatever its address and port; or, where
 * the name is a pattern, what holds for hosts that say nothing else. What a host does not say it
 * has from the patterns that cover it, once the settings are loaded.
 */
struct config_host {
    char *name; /* "registry.intranet:5000", "*.intranet" or "*"; lower case */
    bool plain_http;
    bool insecure_skip_verify;
    char *ca_file;                     /* NULL: the system's */
    struct string_list extra_ca_files; /* besides the system's, or ca_file's */
    char *client_cert;                 /* NULL: none */
    char *client_key;
    struct config_mirrors mirrors; /* asked first, in this order */
    char *username;                /* NULL: anonymous */
    char *password; /* the content of password_file, read when the settings were loaded */
    char *password_file;
    char *token; /* the content of token_file, likewise; sent as it is (A17) */
    char *token_file;
    char *credential_helper; /* docker-credential-NAME; NULL: none */
    char *files;             /* file_mark() of those others read later; NULL: none */
    struct string_list
        realm;               /* other hosts that may be given these credentials for a token (A15) */
    uint32_t max_concurrent; /* requests at once; 0: any */
    int64_t timeout;         /* ms; a whole query; 0: config_registry.timeout */

    /* Which rows of the host's table (settings.c) were written with this name, as bits; and which
     * have got their value, from there or from registry.certs_dirs. */
    uint32_t written;
    uint32_t settled;
    bool is_implied; /* named by a mirrors list or by registry.certs_dirs alone */
};

/* In which header trusted proxies tell for whom they ask. */
enum proxy_header {
    PROXY_HEADER_X_FORWARDED_FOR, /* and X-Forwarded-Proto */
    PROXY_HEADER_FORWARDED        /* RFC 7239 */
};

enum access_log {
    ACCESS_LOG_ALL,
    ACCESS_LOG_MISSES,
    ACCESS_LOG_NONE
};

struct config_server {
    char *listen;     /* "127.0.0.1:8080", "[::]:8080", "unix:/path", ":8080" (all addresses) */
    uint32_t threads; /* event threads; 0: one a core */
    uint32_t max_connections;
    int64_t idle_timeout;    /* ms; of a keep-alive connection */
    int64_t header_timeout;  /* ms; for a whole request head */
    int64_t drain_delay;     /* ms; not ready, but still accepting */
    int64_t drain_timeout;   /* ms; for requests in flight */
    struct string_list cors; /* origins whose pages may read answers; "*": all */
    char *admin;             /* where /metrics and /debug are; NULL: /metrics at `listen` */
    char *tls_cert;          /* PEM; NULL: no TLS */
    char *tls_key;
    char *tokens_file;                   /* who may read; NULL: everybody */
    struct string_list trusted_proxies;  /* addresses, networks, "unix" */
    enum proxy_header proxy_header;      /* theirs */
    uint32_t rate_limit;                 /* lookups a minute for one client; 0: any */
    uint32_t max_connections_per_client; /* 0: any */
};

struct config_cache {
    int64_t fresh;                  /* ms */
    int64_t stale_while_revalidate; /* ms */
    int64_t stale_if_error;         /* ms */
    int64_t negative;               /* ms */
    uint64_t memory;                /* bytes */
    char *state_file;               /* saved on exit, loaded at the start; NULL: none */
};

struct config_registry {
    int64_t timeout; /* ms; a whole query */
    uint64_t memory; /* bytes; bodies in flight */
    uint32_t workers_max;
    uint32_t queue_max;       /* lookups waiting for one registry */
    uint32_t quota_floor;     /* what is left of a registry's quota is saved below this; 0: never */
    struct string_list allow; /* host patterns: "*", "host", "host:port", "*.example.com" */
    struct string_list deny;
    bool allow_private;
    char *credentials; /* "none", "docker" or the path of a config.json */
    char *proxy;       /* "none", "environment" or a URL */
    struct string_list no_proxy;
    struct string_list certs_dirs; /* of docker's or containerd's layout */
    struct config_host *hosts;     /* patterns and implied ones among them */
    size_t host_count;

    /* Set by the command line for its own run, never by a file: every host may be asked by plain
     * HTTP; certificates are not verified; any address and port may be reached. */
    bool plain_http;
    bool insecure;
    bool open;
};

struct config_log {
    enum log_level level;
    enum log_format format;
    enum access_log access;
};

struct config_push {
    bool enabled;
    bool anonymous;
    int64_t timeout;   /* ms */
    char *tokens_file; /* NULL: none */
};

struct config {
    struct config_server server;
    struct config_cache cache;
    struct config_registry registry;
    struct config_log log;
    struct config_push push;
    _Atomic uint32_t references;
};

/* NAME=VALUE of one flag or variable. */
struct config_override {
    const char *name; /* the setting's dotted name: "server.listen" */
    const char *value;
};

struct config_sources {
    const struct config_override *defaults; /* in place of the table's own */
    size_t default_count;
    const char *file;               /* NULL: none */
    const char *const *environment; /* NAME=VALUE strings, NULL-terminated; NULL: none */
    const struct config_override *flags;
    size_t flag_count;
};

/*
 * Loads and checks everything; nothing takes effect half. One reference, the caller's. PORT is
 * heeded when `listen` is set nowhere. An unknown MQUERY_ variable is a warning. Errors: invalid,
 * "FILE:LINE:COLUMN: ..." for a file, "MQUERY_X: ..." for a variable, "cache.fresh: ..." (the
 * setting) for a flag; internal.
 */
struct config *config_load(const struct config_sources *sources, struct warnings *warnings,
                           struct error *error) MUST_USE;
struct config *config_ref(struct config *config);
void config_unref(struct config *config);
CLEANUP_DEFINE(struct config, config_unref)

/* All settings as YAML that config_load() reads back; passwords are never in it (their files are).
 */
bool config_print(const struct config *config, struct buffer *out);

/* The listed host with exactly this name (lower case, port as written), or NULL. */
const struct config_host *config_registry_host(const struct config_registry *registry,
                                               struct slice name);
/* The longest pattern that covers a host, whatever its port, or NULL. It names nobody: what it
 * says are defaults. */
const struct config_host *config_registry_pattern(const struct config_registry *registry,
                                                  struct slice name);

/* -- describing ----------------------------------------------------------------------------- */

enum config_table {
    CONFIG_SETTINGS,
    CONFIG_HOST_SETTINGS /* the keys of an item of registry.hosts */
};

struct config_description {
    const char *name; /* "cache.fresh"; of a host's the key alone */
    const char *help;
    const char *initial;
    struct buffer values; /* "a duration such as 30s or 1h30m, from 0s to 8760h" */
    bool needs_restart;   /* a reload keeps the value it has */
};

#define CONFIG_DESCRIPTION_INIT    \
    {                              \
        .values = BUFFER_INIT(256) \
    }

/* The row at this position, from 0 on, for whoever documents them. The caller releases `values` in
 * the end. False: there are no more, or no memory. */
bool config_describe(enum config_table table, size_t position, struct config_description *out);

/* -- reloading ------------------------------------------------------------------------------ */

/* Gives `next` what `running` has wherever a change wants a restart, and tells the names of the
 * settings that were to change. Errors: internal. */
bool config_keep_until_restart(struct config *next, const struct config *running,
                               struct warnings *kept, struct error *error) MUST_USE;

/* Writes down all that decides which answers a registry gives to us: where and as whom it is asked,
 * and what is trusted. Without secrets. `host` is the one listed for it in `config`, or NULL. */
bool config_write_reach(const struct config *config, const struct config_host *host,
                        struct buffer *out);
/* Whether that is the same in both, secrets included. */
bool config_reach_is_same(const struct config *a, const struct config_host *host_in_a,
                          const struct config *b, const struct config_host *host_in_b);

#endif

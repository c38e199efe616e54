/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operator sets: defaults, then a YAML file, then the environment, then flags; one table
 * (settings.c) for all of it.
 *
 * Settings are read once, at the start: a struct config is immutable, and counted so that whoever
 * needs it keeps it. Each library is given its own section of it.
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

/* One registry the operator named: it may be reached whatever its address and port. */
struct config_host {
    char *name; /* "registry.intranet:5000", lower case */
    bool plain_http;
    bool insecure_skip_verify;
    char *ca_file;  /* NULL: the system's */
    char *username; /* NULL: anonymous */
    char *password; /* the content of password_file, read when the settings were loaded */
    char *password_file;
    struct string_list
        realm; /* other hosts that may be given these credentials for a token (A15) */
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
    int64_t idle_timeout;   /* ms; of a keep-alive connection */
    int64_t header_timeout; /* ms; for a whole request head */
    int64_t drain_delay;    /* ms; not ready, but still accepting */
    int64_t drain_timeout;  /* ms; for requests in flight */
};

struct config_cache {
    int64_t fresh;                  /* ms */
    int64_t stale_while_revalidate; /* ms */
    int64_t stale_if_error;         /* ms */
    int64_t negative;               /* ms */
    uint64_t memory;                /* bytes */
};

struct config_registry {
    int64_t timeout; /* ms; a whole query */
    uint64_t memory; /* bytes; bodies in flight */
    uint32_t workers_max;
    uint32_t queue_max;       /* lookups waiting for one registry */
    struct string_list allow; /* host patterns: "*", "host", "host:port", "*.example.com" */
    struct string_list deny;
    bool allow_private;
    char *credentials; /* "none", "docker" or the path of a config.json */
    struct config_host *hosts;
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

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon: /query, /push and their company over HTTP, on top of registry/.
 *
 * Threads: main accepts connections, waits for signals and ticks once a second; the event threads
 * of http.c run the handlers; workers (lookup.h, push.h) talk to registries. mqueryd's main() and
 * `mquery serve` both are mqueryd_main().
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"

struct http;
struct lookup;
struct metrics;
struct pushes;
struct server;

/* The whole program: flags, settings, log, server. Returns the exit status: 0; 1 where it could not
 * start; 2 where flags or settings are wrong. `argv` may be cut up. */
int mqueryd_main(int argc, char **argv);

/* Opens what is needed to serve, and listens. `config` was made of `sources`, which are borrowed
 * for reloads; `signals` is signals_open()'s. Errors: invalid, conflict (cannot listen), internal.
 */
struct server *server_new(struct config *config, const struct config_sources *sources, int signals,
                          struct error *error) MUST_USE;
void server_free(struct server *server);
CLEANUP_DEFINE(struct server, server_free)

/* Serves until SIGTERM or SIGINT, then drains: not ready at once, no new connections after
 * `drain_delay`, answers in flight for up to `drain_timeout`; then saves the cache, where that is
 * set. A second signal ends the process at once, with status 128 + the signal's number. SIGHUP
 * reads the settings again. */
void server_run(struct server *server);

/* What handlers ask; any thread. */
struct lookup *server_lookup(const struct server *server);
struct pushes *server_pushes(const struct server *server);
struct metrics *server_metrics(const struct server *server);
struct http *server_http(const struct server *server);
bool server_is_draining(const struct server *server);
/* When the settings in force were read, in ms since 1970, and whether reading them again has failed
 * since. */
int64_t server_configured_at(const struct server *server, bool *has_failed_since);

#endif

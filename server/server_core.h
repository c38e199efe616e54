/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the server, for its own files: server.c (what it is made of, and other settings)
 * and serve.c (the main thread, from the first client to the last).
 */
#ifndef SERVER_SERVER_CORE_H
#define SERVER_SERVER_CORE_H

#include "server/listen.h"
#include "server/notify.h"
#include "server/reception.h"
#include "server/server.h"
#include "server/watchdog.h"

struct http;
struct snapshots;

struct server {
    const struct config_sources *sources;
    int signals;
    struct notifier notifier;
    struct watchdog watchdog;
    struct listeners listeners;
    struct snapshots *snapshots;
    struct reception reception;
    struct lookup *lookup;
    struct pushes *pushes;
    struct http *http;
    struct http *operators;                  /* their own door; NULL: they have none */
    struct config_server operators_settings; /* of that door */
    int64_t next_tick;
    int64_t accept_again; /* when: there was no room for more connections */
    int64_t next_warning; /* of that */
    _Atomic int64_t configured_at;
    _Atomic bool has_failed_reload;
    _Atomic bool is_draining;
};

/* -- server.c ------------------------------------------------------------------------------- */

/* Reads the settings again; where they cannot be used the old ones stay. Main thread. */
void server_reload(struct server *server);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks, and who may: what the settings say of it, made ready. Part of a snapshot, and as
 * unchanging.
 */
#ifndef SERVER_GATE_H
#define SERVER_GATE_H

#include "base/error.h"
#include "config/config.h"
#include "server/networks.h"

struct request;
struct tokens_file;

struct gate {
    struct tokens_file *tokens; /* NULL: everybody may read */
    struct networks proxies;    /* server.trusted_proxies */
    enum proxy_header proxy_header;
};

/* The caller releases, also after a failure. Errors: invalid (a setting, or a file that it names),
 * internal. */
bool gate_open(const struct config_server *settings, struct gate *out,
               struct error *error) MUST_USE;
void gate_release(struct gate *gate);

/* Both while the request's head is at hand. */

/* Finds out who asks, and whether secrets may stand in the request: it came encrypted, or from this
 * machine, or trusted proxies say so of its way to them. */
void gate_identify(const struct gate *gate, struct request *request);
/* Whether the request may read, by the token that it brings. Errors: unauthorized. */
bool gate_admits(const struct gate *gate, struct request *request, struct error *error) MUST_USE;

#endif

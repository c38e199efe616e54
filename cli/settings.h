/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of mqueryd's settings the command line heeds: the section "registry", from its defaults and
 * the environment, so that a private CA or a proxy of Docker Hub is set once for both. Who one is
 * to registries stands in docker's own files, unless a flag or a variable says otherwise.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "cli/options.h"
#include "config/config.h"

/* The setting that --timeout sets, and whose default holds without it. */
enum settings_timeout {
    SETTINGS_QUERY_TIMEOUT, /* registry.timeout */
    SETTINGS_PUSH_TIMEOUT   /* push.timeout */
};

/* One reference, the caller's. A person on their own machine may reach whatever that machine can
 * (design: closed by default is for a service), so `registry.open` is set. Errors: invalid,
 * internal. */
struct config *settings_load(const struct options *options, enum settings_timeout timeout,
                             struct error *error) MUST_USE;

/* The section "server" as a daemon in this environment has it, where it has no file or flags. One
 * reference, the caller's. Errors: as above. */
struct config *settings_load_server(struct error *error) MUST_USE;

#endif

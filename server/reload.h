/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the settings again while serving.
 */
#ifndef SERVER_RELOAD_H
#define SERVER_RELOAD_H

#include "base/error.h"
#include "config/config.h"

struct snapshot;

/* A snapshot of what `sources` say now, for a process that runs with `running`: what wants a
 * restart stays as it is. Logs what is odd. NULL: nothing changes. Errors: as config_load() and
 * snapshot_new(). */
struct snapshot *reload_settings(const struct config_sources *sources, const struct config *running,
                                 struct error *error) MUST_USE;

/* Writes each warning to the log. */
void reload_log_warnings(const struct warnings *warnings);

#endif

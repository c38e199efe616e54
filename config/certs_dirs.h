/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.certs_dirs: directories in which each host has one of its own, as docker, podman and
 * containerd keep them (rules H27, H28); private to config/.
 */
#ifndef CONFIG_CERTS_DIRS_H
#define CONFIG_CERTS_DIRS_H

#include "base/warnings.h"
#include "config/config.h"

/* Makes hosts of what the directories hold (hosts.h). What bears no host's name is passed over with
 * a warning. Errors: invalid, naming the file; internal. */
bool certs_dirs_read(struct config_registry *registry, struct warnings *warnings,
                     struct error *error) MUST_USE;

#endif

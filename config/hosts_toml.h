/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containerd's hosts.toml: where a registry's images may be had, and how its hosts are spoken to
 * (rule H28); private to config/.
 */
#ifndef CONFIG_HOSTS_TOML_H
#define CONFIG_HOSTS_TOML_H

#include "base/warnings.h"
#include "config/config.h"

/*
 * What the file at `path` says of `registry` (a host's name, or "*") and of the mirrors it names is
 * adopted (hosts.h). What cannot be done as it says is an error, unless it only makes things slower
 * or more thorough: a warning then. Errors: invalid, "PATH:LINE: ..."; internal.
 */
bool hosts_toml_read(struct config_registry *hosts, struct slice registry, const char *path,
                     struct warnings *warnings, struct error *error) MUST_USE;

#endif

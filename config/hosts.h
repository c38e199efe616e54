/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.hosts: the registries the operator named; private to config/. The type setting_hosts
 * reads and prints them; here is what else they need.
 */
#ifndef CONFIG_HOSTS_H
#define CONFIG_HOSTS_H

#include "config/config.h"
#include "config/setting.h"

/* Reads the file of each host that has one. Errors: invalid, naming the file. */
bool hosts_read_passwords(struct config_registry *registry, struct error *error) MUST_USE;

#endif

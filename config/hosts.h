/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.hosts: the registries the operator named; private to config/. The type setting_hosts
 * reads and prints them; here is what else they need, in the order it is done.
 */
#ifndef CONFIG_HOSTS_H
#define CONFIG_HOSTS_H

#include "config/config.h"
#include "config/setting.h"

/* A new host with the defaults of all keys, named by no item of registry.hosts; NULL: no memory.
 * Pointers to other hosts are good no more. */
struct config_host *hosts_add(struct config_registry *registry, struct slice name,
                              struct error *error) MUST_USE;
/* Ends one that is no part of a list. */
void hosts_release_one(struct config_host *host);
/* The bit of the key `name` in config_host.written. */
uint32_t hosts_key_bit(const char *name);

/* Why what is said of a pattern cannot be; NULL: it can, or it is a host's. */
const char *hosts_find_pattern_fault(const struct config_host *host);

/* What `file` says of a host (config_host.written tells which keys; patterns are hosts here) is
 * taken over where registry.hosts says nothing of the matter. Errors: invalid (an earlier file says
 * otherwise), internal. */
bool hosts_adopt(struct config_registry *registry, const struct config_host *found,
                 const char *file, struct error *error) MUST_USE;

/* Makes hosts of all mirrors, and gives every host what the patterns that cover it say. Errors:
 * internal. */
bool hosts_complete(struct config_registry *registry, struct error *error) MUST_USE;

/* Reads the secrets of each host, and sees that its other files can be read. Errors: invalid,
 * naming the file. */
bool hosts_read_files(struct config_registry *registry, struct error *error) MUST_USE;

#endif

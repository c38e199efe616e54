/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts a setting's value is written as: numbers, durations, sizes, hosts; private to config/.
 *
 * Reading answers false for anything but exactly that. What is printed reads back as it was.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* true, yes, on, 1 or false, no, off, 0; `*out` is 1 or 0. */
bool value_parse_boolean(struct slice text, uint64_t *out) MUST_USE;
void value_print_boolean(uint64_t value, struct buffer *out);

/* Decimal digits alone. */
bool value_parse_count(struct slice text, uint64_t *out) MUST_USE;
void value_print_count(uint64_t value, struct buffer *out);

/* Milliseconds from "250ms", "10s", "1h30m": whole numbers with units, the largest first. A lone 0
 * needs no unit. */
bool value_parse_duration(struct slice text, uint64_t *out) MUST_USE;
void value_print_duration(uint64_t milliseconds, struct buffer *out);

/* Bytes from "512", "64MiB" (units of 1024), "10MB" (of 1000); one unit at most. */
bool value_parse_size(struct slice text, uint64_t *out) MUST_USE;
void value_print_size(uint64_t bytes, struct buffer *out);

/* UTF-8 without control characters: what a YAML file can hold as it is. May not be empty. */
bool value_is_text(struct slice text);
/* "host" or "host:port" by its looks; whether there can be such a registry is for registry/ to say.
 */
bool value_is_host(struct slice text);
/* "*", "*.domain", or a host. */
bool value_is_pattern(struct slice text);
/* "*", "*.domain" without a port, or a host. */
bool value_is_host_pattern(struct slice text);
/* What a repository may be called, by its characters: "proxy/hub". */
bool value_is_repository(struct slice text);
/* NAME of docker-credential-NAME: a letter or digit, then "_", "." and "-" too, 64 in all. */
bool value_is_helper(struct slice text);
/* "none", "environment", or a URL without a user or a password. */
bool value_is_proxy(struct slice text);
/* "*", or http:// or https:// and a host: what browsers send as Origin. */
bool value_is_origin(struct slice text);
/* "unix:/path", or something with a port at its end; "[::]:8080", ":8080". */
bool value_is_address(struct slice text);
/* "none", "docker", or a path (there is a slash in it). */
bool value_is_credentials(struct slice text);

/* A plain YAML scalar where that reads back, else a quoted one. */
void value_print_text(struct slice text, struct buffer *out);

#endif

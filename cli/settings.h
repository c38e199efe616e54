/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of mqueryd's settings the command line heeds: the section "registry", from its defaults and
 * the environment, so that a private CA or a proxy of Docker Hub is set once for both.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "cli/options.h"
#include "config/config.h"

/* One reference, the caller's. A person on their own machine may reach whatever that machine can
 * (design: closed by default is for a service), so `registry.open` is set. Errors: invalid. */
struct config *settings_load(const struct options *options, struct error *error) MUST_USE;

#endif

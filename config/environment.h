/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings from the environment: MQUERY_CACHE_FRESH for cache.fresh; private to config/.
 */
#ifndef CONFIG_ENVIRONMENT_H
#define CONFIG_ENVIRONMENT_H

#include "base/buffer.h"
#include "base/error.h"
#include "config/config.h"
#include "config/setting.h"

/* Told of each setting that a variable gives. */
typedef bool (*environment_visit_function)(void *context, const struct setting *setting,
                                           struct slice value, const struct setting_source *source);

/* Calls `visit` for each variable of the environment (NAME=VALUE strings, NULL at the end; NULL:
 * none) that is a setting's, until it returns false. An unknown MQUERY_ variable is a warning: a
 * Kubernetes Service called mquery makes MQUERY_PORT and others. */
bool environment_each(const char *const *environment, environment_visit_function visit,
                      void *context, struct warnings *warnings, struct error *error) MUST_USE;

/* The value of the variable `name`, or NULL. */
const char *environment_get(const char *const *environment, const char *name);

#endif

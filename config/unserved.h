/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings that have a name and a range already, but nothing that serves them: asking for what this
 * version cannot do is an error, not a surprise later. Private to config/.
 */
#ifndef CONFIG_UNSERVED_H
#define CONFIG_UNSERVED_H

#include <stdbool.h>

#include "config/setting.h"

/* Whether what `owner` now holds can be served; complains about the value at `where`. Errors:
 * invalid, internal. */
bool unserved_check(const struct setting *setting, const struct yaml_node *where, const void *owner,
                    const struct setting_source *source) MUST_USE;

#endif

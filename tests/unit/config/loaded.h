/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings that are well: assert (cmocka) that they are. The caller gives them up.
 */
#ifndef TESTS_UNIT_CONFIG_LOADED_H
#define TESTS_UNIT_CONFIG_LOADED_H

#include "config/config.h"
#include "tests/unit/config/scratch.h"

/* `warnings` may be NULL. */
static inline struct config *load_from(const struct config_sources *sources,
                                       struct warnings *warnings)
{
    struct error error = {0};
    struct config *config = config_load(sources, warnings, &error);

    if (!config)
        fail_msg("%s", error.message);
    return config;
}

static inline struct config *load_file(const char *text)
{
    CLEANUP(scratch_remove) struct scratch file = scratch_write(slice_from_string(text));

    return load_from(&(struct config_sources){.file = file.path}, NULL);
}

#endif

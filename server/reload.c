/* SPDX-License-Identifier: Apache-2.0 */
#include "server/reload.h"

#include "base/log.h"
#include "server/snapshot.h"

void reload_log_warnings(const struct warnings *warnings)
{
    for (size_t i = 0; i < warnings->count; i++)
        LOG_WARNING("settings", LOG_STRING("problem", warnings->lines[i]));
}

static void log_kept(const struct warnings *kept)
{
    for (size_t i = 0; i < kept->count; i++) {
        LOG_WARNING("this setting stays as it was until the next start",
                    LOG_STRING("setting", kept->lines[i]));
    }
}

struct snapshot *reload_settings(const struct config_sources *sources, const struct config *running,
                                 struct error *error)
{
    CLEANUP(warnings_release) struct warnings warnings = {0};
    CLEANUP(warnings_release) struct warnings kept = {0};
    CLEANUP(config_unref_p) struct config *next = config_load(sources, &warnings, error);

    if (!next || !config_keep_until_restart(next, running, &kept, error))
        return NULL;
    struct snapshot *snapshot = snapshot_new(next, error);
    if (snapshot) {
        reload_log_warnings(&warnings);
        log_kept(&kept);
    }
    return snapshot;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/access.h"

#include "base/clock.h"
#include "server/request.h"

struct outcome_form {
    const char *name;
    bool is_hit; /* a hundred thousand a second are counted, not written */
};

static const struct outcome_form outcome_forms[] = {
    [OUTCOME_REFUSED] = {"none", false},   [OUTCOME_HIT] = {"hit", true},
    [OUTCOME_STALE_HIT] = {"stale", true}, [OUTCOME_MISS] = {"miss", false},
    [OUTCOME_JOINED] = {"joined", false},  [OUTCOME_STOOD_IN] = {"stale", false},
};

static bool is_wanted(enum access_log wanted, enum outcome outcome)
{
    switch (wanted) {
    case ACCESS_LOG_NONE:
        return false;
    case ACCESS_LOG_MISSES:
        return !outcome_forms[outcome].is_hit;
    case ACCESS_LOG_ALL:
        break;
    }
    return true;
}

void access_log_query(const struct config_log *settings, const struct request *request,
                      struct slice image, enum outcome outcome, unsigned status,
                      const struct error *error)
{
    struct log_field fields[5];
    size_t count = 0;

    if (!is_wanted(settings->access, outcome))
        return;
    fields[count++] = LOG_TEXT("image", image);
    fields[count++] = LOG_STRING("cache", outcome_forms[outcome].name);
    fields[count++] = LOG_NUMBER("ms", clock_monotonic_ms() - request->started);
    fields[count++] = LOG_NUMBER("status", (int64_t)status);
    if (error)
        fields[count++] = LOG_STRING("error", error->message);
    bool is_fault = error && error->code == ERROR_INTERNAL; /* ours, so it is said louder */
    log_write(is_fault ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "query", fields, count);
}

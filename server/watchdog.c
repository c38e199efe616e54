/* SPDX-License-Identifier: Apache-2.0 */
#include "server/watchdog.h"

#include <unistd.h>

#include "base/number.h"

enum {
    ROUNDS = 3,      /* in the time that is given: one may be late */
    DIGITS_BELOW = 3 /* of a millisecond, in microseconds */
};

static bool is_ours(struct slice process)
{
    unsigned id = 0;

    return process.length == 0 ||
           (number_parse(process, INT32_MAX, &id) && id == (unsigned)getpid());
}

void watchdog_open(struct watchdog *watchdog, struct slice microseconds, struct slice process)
{
    unsigned milliseconds = 0;

    *watchdog = (struct watchdog){0};
    if (microseconds.length <= DIGITS_BELOW || !is_ours(process))
        return;
    microseconds.length -= DIGITS_BELOW;
    if (number_parse(microseconds, UINT32_MAX, &milliseconds))
        watchdog->interval = milliseconds / ROUNDS;
}

static bool have_all_answered(const struct watchdog_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!parts[i].has_answered(parts[i].part))
            return false;
    }
    return true;
}

static void ask_all(const struct watchdog_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        parts[i].ask(parts[i].part);
}

bool watchdog_tick(struct watchdog *watchdog, const struct watchdog_part *parts, size_t count,
                   int64_t now)
{
    bool is_alive = watchdog->is_asking && have_all_answered(parts, count);

    if (is_alive)
        watchdog->is_asking = false;
    if (watchdog->interval > 0 && !watchdog->is_asking && now >= watchdog->next) {
        watchdog->next = now + watchdog->interval;
        watchdog->is_asking = true;
        ask_all(parts, count);
    }
    return is_alive;
}

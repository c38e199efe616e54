/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/breaker.h"

#include <limits.h>

int64_t breaker_wait(const struct breaker *breaker, int64_t now, bool may_probe)
{
    int64_t left = breaker->opened + breaker->pause - now;

    if (breaker->pause == 0)
        return 0;
    if (left > 0)
        return left;
    return may_probe && breaker->is_probing ? 1 : 0;
}

bool breaker_pass(struct breaker *breaker)
{
    breaker->is_probing = breaker->pause > 0;
    return breaker->is_probing;
}

void breaker_end_probe(struct breaker *breaker)
{
    breaker->is_probing = false;
}

void breaker_note_answer(struct breaker *breaker)
{
    *breaker = (struct breaker){.failures = 0};
}

static int64_t next_pause(int64_t pause)
{
    if (pause == 0)
        return BREAKER_PAUSE_SHORTEST_MS;
    return 2 * pause < BREAKER_PAUSE_LONGEST_MS ? 2 * pause : BREAKER_PAUSE_LONGEST_MS;
}

void breaker_note_failure(struct breaker *breaker, int64_t now)
{
    bool is_pausing = breaker->pause > 0 && now - breaker->opened < breaker->pause;

    if (is_pausing)
        return;
    if (breaker->failures < UINT_MAX)
        breaker->failures++;
    if (breaker->failures < BREAKER_FAILURES_MAX)
        return;
    breaker->pause = next_pause(breaker->pause);
    breaker->opened = now;
}

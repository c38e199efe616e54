/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/retry.h"

#include <sys/random.h>

enum {
    SERVICE_DELAY_MS = 250,
    SERVICE_PATIENCE_MS = 1000,
    FIRST_DELAY_MS = 500,
    LONGEST_DELAY_MS = 30 * 1000,
    LONGEST_PATIENCE_MS = 60 * 1000
};

struct retry retry_begin(unsigned allowed, int64_t deadline)
{
    return (struct retry){
        .allowed = allowed,
        .patience = allowed > 1 ? LONGEST_PATIENCE_MS : SERVICE_PATIENCE_MS,
        .deadline = deadline,
    };
}

/* +-20 %: many who failed together do not come back together. */
static int64_t jitter(int64_t delay)
{
    uint16_t random = 0x8000;
    (void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
    return delay * 4 / 5 + delay * 2 / 5 * random / 0xffff;
}

static int64_t own_delay(const struct retry *retry)
{
    if (retry->allowed <= 1)
        return SERVICE_DELAY_MS;
    int64_t delay = (int64_t)FIRST_DELAY_MS << (retry->used < 6 ? retry->used : 6);
    return jitter(delay < LONGEST_DELAY_MS ? delay : LONGEST_DELAY_MS);
}

bool retry_take(struct retry *retry, unsigned worth, int64_t asked, int64_t now, int64_t *until)
{
    if (retry->used >= retry->allowed || retry->used >= worth)
        return false;
    int64_t delay = own_delay(retry);
    if (asked > delay)
        delay = asked;
    if (delay > retry->patience || delay >= retry->deadline - now)
        return false;
    retry->used++;
    *until = now + delay;
    return true;
}

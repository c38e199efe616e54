/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/credential_answers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "registry/credential.h"
#include "registry/credential_helper.h"
#include "registry/program.h"

enum {
    ANSWERS_MAX = 256,
    RUNNING_MAX = 8,
    HELPER_TIMEOUT_MS = 30 * 1000,
    FOUND_LIFE_MS = 60 * 60 * 1000,
    NONE_LIFE_MS = 60 * 1000,
    FAILURE_LIFE_MS = 5 * 1000
};

struct answer {
    char *helper;
    char *server;
    bool is_asking;
    int64_t until;                 /* clock_monotonic_ms(); from then on it is asked again */
    struct credential *credential; /* NULL: none; `error.code` is ERROR_NONE then, or says why */
    struct error error;
};

struct credential_answers {
    atomic_bool is_cancelled;

    pthread_mutex_t lock;
    pthread_cond_t answered;
    /* All guarded by lock. */
    struct answer *items[ANSWERS_MAX];
    size_t count;
    unsigned running;
};

struct credential_answers *credential_answers_new(void)
{
    struct credential_answers *answers = calloc(1, sizeof(*answers));

    if (!answers)
        return NULL;
    (void)pthread_mutex_init(&answers->lock, NULL);
    clock_condition_init(&answers->answered);
    return answers;
}

static void answer_free(struct answer *answer)
{
    if (!answer)
        return;
    free(answer->helper);
    free(answer->server);
    credential_free(answer->credential);
    free(answer);
}

static struct answer *answer_new(const char *helper, const char *server)
{
    struct answer *answer = calloc(1, sizeof(*answer));

    if (!answer)
        return NULL;
    answer->helper = strdup(helper);
    answer->server = strdup(server);
    if (answer->helper && answer->server)
        return answer;
    answer_free(answer);
    return NULL;
}

void credential_answers_free(struct credential_answers *answers)
{
    if (!answers)
        return;
    for (size_t i = 0; i < answers->count; i++)
        answer_free(answers->items[i]);
    (void)pthread_cond_destroy(&answers->answered);
    (void)pthread_mutex_destroy(&answers->lock);
    free(answers);
}

/* -- the table; all under the lock ---------------------------------------------------------- */

static struct answer *find_answer(struct credential_answers *answers, const char *helper,
                                  const char *server)
{
    for (size_t i = 0; i < answers->count; i++) {
        struct answer *answer = answers->items[i];
        if (strcmp(answer->helper, helper) == 0 && strcmp(answer->server, server) == 0)
            return answer;
    }
    return NULL;
}

/* A free place, made by dropping the answer that expires first where there is none. Of those that
 * are being asked there are too few to fill the table. */
static struct answer **make_room(struct credential_answers *answers)
{
    struct answer **first = NULL;

    if (answers->count < ANSWERS_MAX)
        return &answers->items[answers->count++];
    for (size_t i = 0; i < answers->count; i++) {
        struct answer **place = &answers->items[i];
        if (!(*place)->is_asking && (!first || (*place)->until < (*first)->until))
            first = place;
    }
    answer_free(*first);
    return first;
}

static struct answer *add_answer(struct credential_answers *answers, const char *helper,
                                 const char *server)
{
    struct answer *answer = answer_new(helper, server);

    if (answer)
        *make_room(answers) = answer;
    return answer;
}

/* The caller frees. */
static struct credential *tell(const struct answer *answer, struct error *error)
{
    *error = answer->error;
    if (!answer->credential)
        return NULL;
    struct credential *copy = credential_copy(answer->credential);
    if (!copy)
        (void)error_no_memory(error);
    return copy;
}

/* -- asking --------------------------------------------------------------------------------- */

static int64_t life_of(const struct credential *credential, const struct error *error)
{
    if (credential)
        return FOUND_LIFE_MS;
    return error->code == ERROR_NONE ? NONE_LIFE_MS : FAILURE_LIFE_MS;
}

/* Called with the lock held, which is let go while the helper runs: nobody drops an answer that is
 * on its way. */
static struct credential *ask(struct credential_answers *answers, struct answer *answer,
                              struct credential_time time, struct error *error)
{
    const struct program_limit limit = {time.deadline, &answers->is_cancelled};

    answer->is_asking = true;
    answers->running++;
    credential_free(TAKE(answer->credential));
    pthread_mutex_unlock(&answers->lock);

    struct error problem = {0};
    struct credential *found =
        credential_helper_get(answer->helper, answer->server, &limit, &problem);

    pthread_mutex_lock(&answers->lock);
    answers->running--;
    answer->is_asking = false;
    answer->credential = found;
    answer->error = problem;
    answer->until = time.now + life_of(found, &problem);
    pthread_cond_broadcast(&answers->answered);
    return tell(answer, error);
}

/* Waits while somebody else asks the same, or too many are asking. `*found` is what is there then.
 */
static bool wait_for_turn(struct credential_answers *answers, const char *helper,
                          const char *server, struct credential_time time, struct answer **found,
                          struct error *error)
{
    struct timespec until = clock_timespec(time.deadline);

    for (;;) {
        if (atomic_load(&answers->is_cancelled))
            return error_draining(error);
        *found = find_answer(answers, helper, server);
        bool is_asking = *found && (*found)->is_asking;
        bool is_fresh = *found && !is_asking && time.now < (*found)->until;
        if (is_fresh || (!is_asking && answers->running < RUNNING_MAX))
            return true;
        if (pthread_cond_timedwait(&answers->answered, &answers->lock, &until) != 0)
            return error_set(error, ERROR_TIMEOUT, "no time was left to ask a credential helper");
    }
}

static struct credential *get(struct credential_answers *answers, const char *helper,
                              const char *server, struct credential_time time, struct error *error)
{
    struct answer *answer = NULL;

    if (!wait_for_turn(answers, helper, server, time, &answer, error))
        return NULL;
    if (answer && time.now < answer->until)
        return tell(answer, error);
    if (!answer)
        answer = add_answer(answers, helper, server);
    if (answer)
        return ask(answers, answer, time, error);
    (void)error_no_memory(error);
    return NULL;
}

struct credential *credential_answers_get(struct credential_answers *answers, const char *helper,
                                          const char *server, struct credential_time time,
                                          struct error *error)
{
    int64_t longest = time.now + HELPER_TIMEOUT_MS;

    if (time.deadline > longest)
        time.deadline = longest;
    pthread_mutex_lock(&answers->lock);
    struct credential *credential = get(answers, helper, server, time, error);
    pthread_mutex_unlock(&answers->lock);
    return credential;
}

void credential_answers_cancel(struct credential_answers *answers)
{
    pthread_mutex_lock(&answers->lock);
    atomic_store(&answers->is_cancelled, true);
    pthread_cond_broadcast(&answers->answered);
    pthread_mutex_unlock(&answers->lock);
}

bool credential_answers_forget(struct credential_answers *answers, const char *server,
                               const struct credential *credential)
{
    bool is_known = false;

    pthread_mutex_lock(&answers->lock);
    for (size_t i = 0; i < answers->count; i++) {
        struct answer *answer = answers->items[i];
        if (!answer->credential || strcmp(answer->server, server) != 0 ||
            strcmp(answer->credential->identity, credential->identity) != 0)
            continue;
        credential_free(TAKE(answer->credential));
        answer->until = 0;
        is_known = true;
    }
    pthread_mutex_unlock(&answers->lock);
    return is_known;
}

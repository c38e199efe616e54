/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/agent.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/account.h"
#include "cli/print.h"

static void warn(void *context, const char *text)
{
    (void)context;
    print_warning(NULL, text);
}

/* The log's thread takes no signal: Ctrl-C is for those who wait for it (interrupt.h). */
static bool say_what_is_asked(struct agent *agent, struct error *error)
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    agent->says_what_it_asks = log_start(STDERR_FILENO, LOG_LEVEL_DEBUG, LOG_FORMAT_LOGFMT, error);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return agent->says_what_it_asks;
}

bool agent_open(struct agent *out, const struct options *options, enum settings_timeout timeout,
                struct error *error)
{
    *out = (struct agent){0};
    if (options->values[OPTION_DEBUG] && !say_what_is_asked(out, error))
        return false;
    if (!account_open(options, &out->credential, error))
        return false;
    out->config = settings_load(options, timeout, error);
    if (!out->config)
        return false;
    out->timeout = timeout == SETTINGS_PUSH_TIMEOUT ? out->config->push.timeout
                                                    : out->config->registry.timeout;
    out->registry = registry_new(&out->config->registry, error);
    if (!out->registry)
        return false;
    registry_on_warning(out->registry, warn, NULL);
    return true;
}

void agent_release(struct agent *agent)
{
    registry_free(agent->registry);
    credential_free(agent->credential);
    config_unref(agent->config);
    if (agent->says_what_it_asks)
        log_stop();
    *agent = (struct agent){0};
}

int64_t agent_deadline(const struct agent *agent)
{
    return clock_monotonic_ms() + agent->timeout;
}

struct registry_question agent_question(const struct agent *agent,
                                        const struct reference *reference)
{
    return (struct registry_question){
        .reference = reference,
        .credential = agent->credential,
        .deadline = agent_deadline(agent),
        .retries = AGENT_RETRIES,
    };
}

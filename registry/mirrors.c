/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/mirrors.h"

#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "registry/guard.h"
#include "registry/hosts.h"
#include "registry/session.h"

enum {
    DOWN_MS = 30 * 1000, /* one that cannot be connected to is not asked for */
    NAME_MAX_BYTES = 1024
};

/* What is asked, wherever. */
struct errand {
    struct registry *registry;
    const struct session_wish *wish;
    bool by_digest;
    mirrors_ask_function ask;
    void *context;
};

static bool errand_run(const struct errand *errand, struct session *session, struct error *error)
{
    bool done = errand->ask(session, errand->context, error);

    if (!done && error->code != ERROR_NONE)
        LOG_DEBUG("not answered", LOG_STRING("registry", session->endpoint.registry),
                  LOG_STRING("error", error->message));
    return done;
}

/* -- one mirror ----------------------------------------------------------------------------- */

/* Apart from the pauses that registries ask for: the name is none of an asker (hosts.h). */
static bool write_down_name(const struct config_mirror *mirror, struct buffer *out)
{
    return buffer_format(out, "mirror %s", mirror->host);
}

static bool is_down(struct registry *registry, const struct config_mirror *mirror, int64_t now)
{
    CLEANUP(buffer_release) struct buffer name = BUFFER_INIT(NAME_MAX_BYTES);

    return write_down_name(mirror, &name) &&
           hosts_paused_until(registry->hosts, buffer_string(&name), now) > 0;
}

static void note_down(struct registry *registry, const struct config_mirror *mirror,
                      const struct error *error)
{
    CLEANUP(buffer_release) struct buffer name = BUFFER_INIT(NAME_MAX_BYTES);
    CLEANUP(buffer_release) struct buffer warning = BUFFER_INIT(NAME_MAX_BYTES);

    if (write_down_name(mirror, &name))
        hosts_pause_for(registry->hosts, buffer_string(&name), DOWN_MS, clock_monotonic_ms());
    (void)buffer_format(&warning, "the mirror '%s' is left alone for %d s: %s", mirror->host,
                        DOWN_MS / 1000, error->message);
    if (registry->warn && buffer_ok(&warning))
        registry->warn(registry->warn_context, buffer_string(&warning));
}

/* Its own time, or half of what is left, so that somebody else can be asked if it is used up. */
static int64_t deadline_of(const struct session_wish *wish, const struct config_host *host,
                           int64_t now)
{
    int64_t left = wish->deadline - now;
    int64_t time = host && host->timeout ? host->timeout : left / 2;

    return now + (time < left ? time : left);
}

static struct session_wish wish_for(const struct errand *errand, const struct config_mirror *mirror,
                                    const char *repository)
{
    const struct config_registry *settings = errand->registry->settings;
    struct session_wish wish = *errand->wish;

    wish.registry = mirror->host;
    wish.repository = repository;
    wish.mirrored = errand->wish->registry;
    wish.retries = 0;
    wish.deadline =
        deadline_of(errand->wish, endpoint_settings(settings, mirror->host), clock_monotonic_ms());
    return wish;
}

static bool ask_mirror(const struct errand *errand, const struct config_mirror *mirror,
                       struct error *error)
{
    CLEANUP(buffer_release) struct buffer repository = BUFFER_INIT(NAME_MAX_BYTES);
    struct session session;

    (void)buffer_format(&repository, "%s%s%s", mirror->prefix ? mirror->prefix : "",
                        mirror->prefix ? "/" : "", errand->wish->repository);
    if (!buffer_check(&repository, "the repository's name at a mirror", error))
        return false;
    const struct session_wish wish = wish_for(errand, mirror, buffer_string(&repository));
    if (!session_open(errand->registry, &wish, &session, error))
        return false;
    bool done = errand_run(errand, &session, error);
    bool is_unreachable = !done && !session.was_answered &&
                          (error->code == ERROR_UPSTREAM || error->code == ERROR_TIMEOUT);
    session_close(&session);
    if (is_unreachable)
        note_down(errand->registry, mirror, error);
    return done;
}

/* -- all of them ---------------------------------------------------------------------------- */

/* What says nothing of the others: H28's 404 and 5xx, and what is wrong with the mirror alone. */
static const bool moves_on[ERROR_CODE_COUNT] = {
    [ERROR_NONE] = true, /* it does not know */
    [ERROR_NOT_FOUND] = true, [ERROR_DENIED] = true,    [ERROR_RATE_LIMITED] = true,
    [ERROR_UPSTREAM] = true,  [ERROR_TIMEOUT] = true,   [ERROR_FORBIDDEN] = true,
    [ERROR_INVALID] = true,   [ERROR_TOO_LARGE] = true, [ERROR_UNSUPPORTED] = true,
};

/* A mirror of all hosts is one of itself, too. */
static bool is_itself(const struct errand *errand, const struct config_mirror *mirror)
{
    const struct config_registry *settings = errand->registry->settings;
    const struct config_host *listed = endpoint_listed(settings, errand->wish->registry);

    return listed && listed == endpoint_listed(settings, mirror->host);
}

static bool may_ask(const struct errand *errand, const struct config_mirror *mirror)
{
    return (!mirror->by_digest_only || errand->by_digest) && !is_itself(errand, mirror) &&
           !is_down(errand->registry, mirror, clock_monotonic_ms());
}

/* False where the registry itself is to be asked, or (`*is_final`) nobody more. */
static bool ask_mirrors(const struct errand *errand, const struct config_mirrors *mirrors,
                        bool *is_final, struct error *error)
{
    for (size_t i = 0; i < mirrors->count; i++) {
        if (!may_ask(errand, &mirrors->items[i]))
            continue;
        struct error problem = {.code = ERROR_NONE};
        if (ask_mirror(errand, &mirrors->items[i], &problem))
            return true;
        *is_final = !moves_on[problem.code];
        if (*is_final) {
            *error = problem;
            return false;
        }
    }
    return false;
}

static bool ask_registry(const struct errand *errand, struct error *error)
{
    struct session session;

    if (!session_open(errand->registry, errand->wish, &session, error))
        return false;
    bool done = errand_run(errand, &session, error);
    session_close(&session);
    return done;
}

bool mirrors_ask(struct registry *registry, const struct session_wish *wish, bool by_digest,
                 mirrors_ask_function ask, void *context, struct error *error)
{
    const struct config_host *host = endpoint_settings(registry->settings, wish->registry);
    struct session_wish timed = *wish;
    const struct errand errand = {registry, &timed, by_digest, ask, context};
    bool is_final = false;

    if (host && host->timeout && host->timeout < wish->deadline - clock_monotonic_ms())
        timed.deadline = clock_monotonic_ms() + host->timeout;
    if (host && !wish->credential && guard_check_host(registry->settings, wish->registry, error) &&
        ask_mirrors(&errand, &host->mirrors, &is_final, error))
        return true;
    return !is_final && ask_registry(&errand, error);
}

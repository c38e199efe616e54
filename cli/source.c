/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/source.h"

#include <stdlib.h>

#include "base/clock.h"
#include "cli/account.h"
#include "cli/service.h"
#include "manifest/manifest.h"
#include "registry/registry.h"

/* --server, else MQUERY_SERVER; NULL where the registry is to be asked (also --server ''). */
static const char *service_url(const struct options *options)
{
    const char *url = options->values[OPTION_SERVER];

    if (!url)
        url = getenv("MQUERY_SERVER"); /* NOLINT(concurrency-mt-unsafe): no thread runs yet */
    return url && url[0] != '\0' ? url : NULL;
}

/* What only who asks a registry can want. */
static bool refuse_registry_flags(const struct options *options, struct error *error)
{
    static const enum option names[] = {OPTION_PLAIN_HTTP,     OPTION_USERNAME,   OPTION_PASSWORD,
                                        OPTION_PASSWORD_STDIN, OPTION_DOCKER_CFG, OPTION_DEBUG};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (options->values[names[i]]) {
            return error_set(error, ERROR_INVALID,
                             "%s is for asking a registry, and a service is asked",
                             flags[names[i]].name);
        }
    }
    return true;
}

static bool open_service(struct source *source, const struct options *options, const char *url,
                         struct error *error)
{
    CLEANUP(config_unref_p) struct config *config = NULL;

    if (!refuse_registry_flags(options, error))
        return false;
    config = settings_load(options, SETTINGS_QUERY_TIMEOUT, error);
    if (!config)
        return false;
    source->service = service_new(url, config->registry.insecure, config->registry.timeout, error);
    if (!source->service && error->code == ERROR_INVALID)
        error_prefix(error, options->values[OPTION_SERVER] ? "--server " : "MQUERY_SERVER ");
    return source->service != NULL;
}

bool source_open(struct source *out, const struct options *options, struct error *error)
{
    const char *url = service_url(options);

    *out = (struct source){0};
    if (url)
        return open_service(out, options, url, error);
    return account_check_registry(options, error) &&
           agent_open(&out->agent, options, SETTINGS_QUERY_TIMEOUT, error);
}

void source_release(struct source *source)
{
    service_free(source->service);
    agent_release(&source->agent);
    *source = (struct source){0};
}

const char *source_lane(const struct source *source, const struct reference *reference)
{
    return source->service ? "" : reference->registry;
}

static bool ask_registry(const struct agent *agent, const struct reference *reference,
                         struct answer *answer, struct error *error)
{
    const struct registry_question question = agent_question(agent, reference);

    answer->report = registry_query(agent->registry, &question, error);
    answer->confirmed = clock_realtime_ms() / 1000;
    return answer->report != NULL;
}

bool source_ask(const struct source *source, struct slice image, const struct reference *reference,
                struct answer *answer, struct error *error)
{
    if (source->service)
        return service_query(source->service, image, answer, error);
    return ask_registry(&source->agent, reference, answer, error);
}

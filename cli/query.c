/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery IMAGE...: asks for each image, the registry itself or a service, and prints the answers in
 * the order given. One image that fails does not keep the others from being asked.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/escape.h"
#include "cli/account.h"
#include "cli/agent.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/requirement.h"
#include "cli/service.h"
#include "manifest/manifest.h"
#include "registry/registry.h"

enum {
    OUTPUT_MAX = 16 * 1024 * 1024,
    WARNING_SIZE = 512
};

struct query {
    struct agent agent; /* used where there is no service */
    struct service *service;
    struct platform *platform;       /* --platform, or NULL */
    struct requirement *requirement; /* --require, or NULL */
    bool is_json;
};

static void query_release(struct query *query)
{
    requirement_free(query->requirement);
    platform_free(query->platform);
    service_free(query->service);
    agent_release(&query->agent);
    *query = (struct query){0};
}

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
    static const enum option names[] = {OPTION_PLAIN_HTTP, OPTION_USERNAME, OPTION_PASSWORD,
                                        OPTION_PASSWORD_STDIN, OPTION_DOCKER_CFG};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (options->values[names[i]]) {
            return error_set(error, ERROR_INVALID,
                             "%s is for asking a registry, and a service is asked",
                             flags[names[i]].name);
        }
    }
    return true;
}

static bool open_service(struct query *query, const struct options *options, const char *url,
                         struct error *error)
{
    CLEANUP(config_unref_p) struct config *config = NULL;

    if (!refuse_registry_flags(options, error))
        return false;
    config = settings_load(options, SETTINGS_QUERY_TIMEOUT, error);
    if (!config)
        return false;
    query->service = service_new(url, config->registry.insecure, config->registry.timeout, error);
    if (!query->service && error->code == ERROR_INVALID)
        error_prefix(error, options->values[OPTION_SERVER] ? "--server " : "MQUERY_SERVER ");
    return query->service != NULL;
}

static bool open_source(struct query *query, const struct options *options, struct error *error)
{
    const char *url = service_url(options);

    if (url)
        return open_service(query, options, url, error);
    return account_check_registry(options, error) &&
           agent_open(&query->agent, options, SETTINGS_QUERY_TIMEOUT, error);
}

/* Everything that can be wrong with the flags is found here, before anything is asked. */
static bool query_init(struct query *query, const struct options *options, struct error *error)
{
    const char *platform = options->values[OPTION_PLATFORM];
    const char *required = options->values[OPTION_REQUIRE];

    *query = (struct query){.is_json = options->values[OPTION_JSON] != NULL};
    if (options->operand_count == 0)
        return error_set(error, ERROR_INVALID, "which image? see mquery --help");
    if (platform) {
        query->platform = platform_parse(slice_from_string(platform), error);
        if (!query->platform) {
            error_prefix(error, "--platform: ");
            return false;
        }
    }
    if (required) {
        query->requirement = requirement_parse(slice_from_string(required), error);
        if (!query->requirement) {
            error_prefix(error, "--require: ");
            return false;
        }
    }
    return open_source(query, options, error);
}

static bool ask_registry(const struct query *query, const struct reference *reference,
                         struct answer *answer, struct error *error)
{
    const struct registry_question question = {
        .reference = reference,
        .credential = query->agent.credential,
        .deadline = agent_deadline(&query->agent),
        .retries = AGENT_RETRIES,
    };

    answer->report = registry_query(query->agent.registry, &question, error);
    answer->confirmed = clock_realtime_ms() / 1000;
    return answer->report != NULL;
}

static bool ask(const struct query *query, struct slice image, const struct reference *reference,
                struct answer *answer, struct error *error)
{
    if (query->service)
        return service_query(query->service, image, answer, error);
    return ask_registry(query, reference, answer, error);
}

static bool print_answer(const struct query *query, struct slice image, const struct answer *answer,
                         struct error *error)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(OUTPUT_MAX);
    const struct report_view view = {
        .image = image,
        .confirmed = answer->confirmed,
        .asked = query->platform,
        .is_stale = answer->is_stale,
    };

    if (query->is_json) {
        (void)report_write_json(answer->report, &view, &out);
        (void)buffer_append_char(&out, '\n');
    } else {
        (void)report_write_text(answer->report, &view, &out);
    }
    return buffer_check(&out, "the answer", error) && print_output(buffer_slice(&out), error);
}

/* What is odd about the image; JSON has it among its keys. */
static void print_warnings(const char *image, const struct report *report)
{
    for (uint32_t i = 0; i < report->warning_count; i++) {
        char warning[WARNING_SIZE];
        struct slice text = slice_from_string(report->warnings[i]);
        print_warning(image, escape_text(warning, sizeof(warning), text));
    }
}

static enum exit_status judge(const struct query *query, const char *image,
                              const struct report *report)
{
    CLEANUP(buffer_release) struct buffer missing = BUFFER_INIT(OUTPUT_MAX);

    if (!query->requirement || requirement_is_met(query->requirement, report, &missing))
        return EXIT_YES;
    print_note(image, buffer_string(&missing));
    return EXIT_NO;
}

/* False where going on is pointless: nobody can read the answers. */
static bool query_image(const struct query *query, const char *image, enum exit_status *status)
{
    CLEANUP(answer_release) struct answer answer = {0};
    struct slice text = slice_from_string(image);
    struct error error;

    CLEANUP(reference_free_p) struct reference *reference = reference_parse(text, &error);
    if (!reference) {
        *status = print_bad_reference(image, &error);
        return true;
    }
    if (!ask(query, text, reference, &answer, &error)) {
        *status = print_failure(image, &error);
        return true;
    }
    if (!print_answer(query, text, &answer, &error)) {
        *status = print_failure(NULL, &error);
        return false;
    }
    if (!query->is_json)
        print_warnings(image, answer.report);
    *status = judge(query, image, answer.report);
    return true;
}

enum exit_status command_query(const struct options *options)
{
    CLEANUP(query_release) struct query query = {0};
    enum exit_status first = EXIT_YES; /* the status of the first image that was not a yes */
    struct error error;

    if (!query_init(&query, options, &error))
        return print_failure(NULL, &error);
    for (size_t i = 0; i < options->operand_count; i++) {
        enum exit_status status = EXIT_YES;
        bool can_go_on = query_image(&query, options->operands[i], &status);
        if (!can_go_on)
            return status;
        if (first == EXIT_YES)
            first = status;
    }
    return first;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery check-registry: tries out in a repository which kinds of multi-platform images its
 * registry takes. Exit 0: lists of at least one kind; 1: of none.
 */
#include "base/escape.h"
#include "cli/agent.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/repository.h"
#include "registry/check.h"

enum {
    OUTPUT_MAX = 256 * 1024
};

static enum exit_status print_report(const struct options *options,
                                     const struct reference *repository,
                                     const struct check_report *report)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(OUTPUT_MAX);
    struct error error;

    if (options->values[OPTION_JSON]) {
        (void)check_write_json(report, repository, &out);
        (void)buffer_append_char(&out, '\n');
    } else {
        (void)check_write_text(report, repository, &out);
    }
    if (!buffer_check(&out, "the result", &error) || !print_output(buffer_slice(&out), &error))
        return print_failure(NULL, &error);
    return report->takes_docker_lists || report->takes_oci_indexes ? EXIT_YES : EXIT_NO;
}

/* Of a check that came to no result; what it leaves behind is told in any case. */
static enum exit_status print_no_report(const char *name, const struct check_report *report,
                                        int number, const struct error *error)
{
    for (size_t i = 0; i < report->left_count; i++) {
        char left[REFERENCE_MAX];
        print_note("left behind",
                   escape_text(left, sizeof(left), slice_from_string(report->left[i])));
    }
    if (number == 0)
        return print_failure(name, error);
    print_note(name, "interrupted");
    return (enum exit_status)(EXIT_SIGNAL + number);
}

static enum exit_status check(const struct options *options, const struct agent *agent,
                              const struct reference *repository)
{
    CLEANUP(check_report_release) struct check_report report = {0};
    const struct registry_check wish = {
        .repository = repository,
        .credential = agent->credential,
        .deadline = agent_deadline(agent),
        .retries = AGENT_RETRIES,
    };
    struct interrupt interrupt;
    struct error error;

    if (!interrupt_begin(&interrupt, agent->registry, &error))
        return print_failure(NULL, &error);
    bool is_checked = registry_check(agent->registry, &wish, &report, &error);
    int number = interrupt_end(&interrupt);
    if (!is_checked || number != 0)
        return print_no_report(options->operands[0], &report, number, &error);
    return print_report(options, repository, &report);
}

enum exit_status command_check_registry(const struct options *options)
{
    CLEANUP(agent_release) struct agent agent = {0};
    CLEANUP(reference_free_p) struct reference *repository = NULL;
    struct error error;

    repository = repository_operand(options, commands[COMMAND_CHECK_REGISTRY].name, &error);
    if (!repository || !agent_open(&agent, options, SETTINGS_PUSH_TIMEOUT, &error))
        return print_failure(NULL, &error);
    return check(options, &agent, repository);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery diff A B: which platforms only one of them has, and of those that both have what differs.
 * As diff does, it says nothing and exits with 0 where nothing differs, and with 1 where something
 * does.
 */
#include "cli/account.h"
#include "cli/agent.h"
#include "cli/command.h"
#include "cli/crowd.h"
#include "cli/print.h"
#include "manifest/difference.h"
#include "registry/inspect.h"

enum {
    OUTPUT_MAX = 64 * 1024 * 1024,
    SIDES = 2
};

/* One of the two images. */
struct side {
    const char *image;
    struct reference *reference;
    struct inspection *inspection; /* NULL: `error` says why */
    struct error error;
};

struct diff {
    struct agent agent;
    struct side sides[SIDES];
    enum exit_status status; /* of the first that failed */
};

static void diff_release(struct diff *diff)
{
    for (size_t i = 0; i < SIDES; i++) {
        inspection_free(diff->sides[i].inspection);
        reference_free(diff->sides[i].reference);
    }
    agent_release(&diff->agent);
}

/* -- asking --------------------------------------------------------------------------------- */

static const char *lane(const void *context, size_t number)
{
    const struct diff *diff = context;

    return diff->sides[number].reference->registry;
}

static void ask(void *context, size_t number)
{
    struct diff *diff = context;
    struct side *side = &diff->sides[number];
    const struct registry_question question = agent_question(&diff->agent, side->reference);

    side->inspection =
        registry_inspect(diff->agent.registry, &question, INSPECT_CONFIGS, &side->error);
}

/* Only failures are told one by one. */
static bool tell(void *context, size_t number)
{
    struct diff *diff = context;
    const struct side *side = &diff->sides[number];

    if (side->inspection)
        return true;
    enum exit_status status = print_failure(side->image, &side->error);
    if (diff->status == EXIT_YES)
        diff->status = status;
    return true;
}

/* -- the answer ----------------------------------------------------------------------------- */

static enum exit_status print_difference(const struct diff *diff, bool is_json)
{
    const struct side *before = &diff->sides[0];
    const struct side *after = &diff->sides[1];
    const struct difference_view view = {slice_from_string(before->image),
                                         slice_from_string(after->image)};
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(OUTPUT_MAX);
    struct error error;

    CLEANUP(difference_free_p)
    struct difference *difference = difference_new(before->inspection, after->inspection, &error);
    if (!difference)
        return print_failure(NULL, &error);
    if (is_json) {
        (void)difference_write_json(difference, &view, &out);
        (void)buffer_append_char(&out, '\n');
    } else {
        (void)difference_write_text(difference, &view, &out);
    }
    if (!buffer_check(&out, "the answer", &error) || !print_output(buffer_slice(&out), &error))
        return print_failure(NULL, &error);
    return difference_is_none(difference) ? EXIT_YES : EXIT_NO;
}

/* -- the command ---------------------------------------------------------------------------- */

/* With only one image there is nothing to ask for. */
static bool parse_sides(struct diff *diff, const struct options *options)
{
    struct error error;

    if (options->operand_count != SIDES) {
        (void)error_set(&error, ERROR_INVALID, "diff wants two images, such as app:1.2 app:1.3");
        diff->status = print_failure(NULL, &error);
        return false;
    }
    for (size_t i = 0; i < SIDES; i++) {
        struct side *side = &diff->sides[i];
        side->image = options->operands[i];
        side->reference = reference_parse(slice_from_string(side->image), &error);
        if (!side->reference) {
            diff->status = print_bad_reference(side->image, &error);
            return false;
        }
    }
    return true;
}

enum exit_status command_diff(const struct options *options)
{
    CLEANUP(diff_release) struct diff diff = {0};
    const struct crowd crowd = {
        .count = SIDES, .context = &diff, .lane = lane, .ask = ask, .tell = tell};
    struct error error;

    if (!parse_sides(&diff, options))
        return diff.status;
    if (!account_check_registry(options, &error) ||
        !agent_open(&diff.agent, options, SETTINGS_QUERY_TIMEOUT, &error) ||
        !crowd_run(&crowd, &error))
        return print_failure(NULL, &error);
    if (diff.status != EXIT_YES)
        return diff.status;
    return print_difference(&diff, options->values[OPTION_JSON] != NULL);
}

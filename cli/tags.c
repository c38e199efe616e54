/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery tags: a repository's tags, one a line, in the order its registry gives them. Nothing is
 * printed before the list is whole.
 */
#include "registry/tags.h"

#include "cli/agent.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/repository.h"
#include "data/json.h"

enum {
    NAME_MAX_LENGTH = 2 * REFERENCE_MAX,
    JSON_MAX = 2 * TAGS_BYTES_MAX /* each tag in quotes */
};

static void write_name(struct json_writer *writer, const struct reference *repository)
{
    CLEANUP(buffer_release) struct buffer name = BUFFER_INIT(NAME_MAX_LENGTH);

    (void)buffer_format(&name, "%s/%s", repository->registry, repository->repository);
    json_write_member_slice(writer, "name", buffer_slice(&name));
}

static void write_json(const struct tags *tags, const struct reference *repository,
                       struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);
    struct slice rest = buffer_slice(&tags->lines);

    json_write_object_begin(&writer);
    write_name(&writer, repository);
    json_write_key(&writer, "tags");
    json_write_array_begin(&writer);
    while (rest.length > 0)
        json_write_string(&writer, slice_take_part(&rest, '\n'));
    json_write_array_end(&writer);
    json_write_object_end(&writer);
    (void)buffer_append_char(out, '\n');
}

static bool print_tags(const struct options *options, const struct reference *repository,
                       const struct tags *tags, struct error *error)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(JSON_MAX);

    if (!options->values[OPTION_JSON])
        return print_output(buffer_slice(&tags->lines), error);
    write_json(tags, repository, &out);
    return buffer_check(&out, "the list of tags", error) && print_output(buffer_slice(&out), error);
}

enum exit_status command_tags(const struct options *options)
{
    CLEANUP(agent_release) struct agent agent = {0};
    CLEANUP(reference_free_p) struct reference *repository = NULL;
    CLEANUP(tags_release) struct tags tags = {0};
    struct error error;

    repository = repository_operand(options, commands[COMMAND_TAGS].name, &error);
    if (!repository || !agent_open(&agent, options, SETTINGS_QUERY_TIMEOUT, &error))
        return print_failure(NULL, &error);
    const struct registry_listing listing = {
        .repository = repository,
        .credential = agent.credential,
        .deadline = agent_deadline(&agent),
        .retries = AGENT_RETRIES,
    };
    if (!registry_list_tags(agent.registry, &listing, &tags, &error))
        return print_failure(options->operands[0], &error);
    if (!print_tags(options, repository, &tags, &error))
        return print_failure(NULL, &error);
    return EXIT_YES;
}

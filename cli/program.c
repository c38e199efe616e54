/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/program.h"

#include <errno.h>
#include <string.h>

static const char manifest_tool[] = "manifest-tool";

enum {
    MANIFEST_TOOLS = FOR(INSPECT) | FOR(PUSH) | FOR(PUSH_FROM_SPEC) | FOR(PUSH_FROM_ARGS) |
                     FOR(HELP) | FOR(COMPLETE)
};

bool program_is_manifest_tool(void)
{
    return strcmp(program_invocation_short_name, manifest_tool) == 0; /* glibc's: of argv[0] */
}

const char *program_name(void)
{
    return program_is_manifest_tool() ? manifest_tool : "mquery";
}

bool program_has(enum command_id command)
{
    return !program_is_manifest_tool() || MANIFEST_TOOLS & UINT32_C(1) << command;
}

int program_exit_status(enum exit_status status)
{
    if (!program_is_manifest_tool() || status == EXIT_YES || status > EXIT_SIGNAL)
        return (int)status;
    return EXIT_NO;
}

void program_forget_empty(struct options *options)
{
    static const enum option names[] = {OPTION_USERNAME, OPTION_PASSWORD, OPTION_DOCKER_CFG};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char **value = &options->values[names[i]];
        if (program_is_manifest_tool() && *value && **value == '\0')
            *value = NULL;
    }
}

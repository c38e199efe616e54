/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All commands. A name wins over an image of that name; such an image is asked for as
 * docker.io/library/NAME, or after "--".
 */
#include <string.h>

#include "base/escape.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/program.h"

/* main() gives serve its arguments unread, where "serve" comes first. */
static enum exit_status refuse_late_serve(const struct options *options)
{
    struct error error;

    (void)options;
    (void)error_set(&error, ERROR_INVALID, "serve comes first: mquery serve [FLAGS OF MQUERYD]");
    return print_failure(NULL, &error);
}

/* clang-format off */
const struct command commands[COMMAND_COUNT] = {
    [COMMAND_QUERY] = {
        .name = "query", .usage = "IMAGE...",
        .summary = "print what each image offers",
        .examples = "  mquery alpine:3.20\n"
                    "  mquery --require linux/amd64,linux/arm64 ghcr.io/org/app && deploy\n"
                    "  mquery --json --plain-http localhost:5000/app | jq -r .digest\n"
                    "  mquery query push        the image 'push'\n",
        .run = command_query},
    [COMMAND_INSPECT] = {
        .name = "inspect", .usage = "inspect IMAGE...",
        .summary = "show everything about each image",
        .examples = "  mquery inspect alpine:3.20\n"
                    "  mquery inspect --platform linux/arm64 ghcr.io/org/app:1.2\n"
                    "  mquery inspect --json alpine | jq '.manifests[] | {platform, totalsize}'\n",
        .run = command_inspect},
    [COMMAND_TAGS] = {
        .name = "tags", .usage = "tags REPOSITORY",
        .summary = "list a repository's tags",
        .examples = "  mquery tags ghcr.io/org/app\n"
                    "  mquery tags --json localhost:5000/app | jq -r '.tags[]' | sort -V\n",
        .run = command_tags},
    [COMMAND_AUDIT] = {
        .name = "audit", .usage = "audit [IMAGE...|-]",
        .summary = "do all of these images run there?",
        .examples = "  mquery audit alpine:3.20 ghcr.io/org/app\n"
                    "  mquery audit --require amd64,arm64 --format csv - < images > audit.csv\n"
                    "  kubectl get pods -A -o json | mquery audit --require linux/arm64\n",
        .run = command_audit},
    [COMMAND_DIFF] = {
        .name = "diff", .usage = "diff IMAGE IMAGE",
        .summary = "print what differs; exit 1 if anything",
        .examples = "  mquery diff ghcr.io/org/app:1.2 ghcr.io/org/app:1.3\n"
                    "  mquery diff --json app:1.2 app:1.3 | jq '.platforms[] | select(.layers)'\n",
        .run = command_diff},
    [COMMAND_PUSH] = {
        .name = "push", .usage = "push FROM ...",
        .summary = "make one image for several platforms",
        .examples = "  mquery push from-spec app.yaml\n"
                    "  mquery push from-args --platforms linux/amd64,linux/arm64 \\\n"
                    "      --template ghcr.io/org/app:1.2-ARCH --target ghcr.io/org/app:1.2\n"
                    "  mquery push from-images --target ghcr.io/org/app:1.2 --tags latest \\\n"
                    "      ghcr.io/org/app:1.2-intel ghcr.io/org/app:1.2-arm=linux/arm64/v8\n"},
    [COMMAND_PUSH_FROM_SPEC] = {
        .name = "push from-spec", .usage = "push from-spec FILE|-",
        .summary = "as a YAML or JSON file says; -: stdin",
        .examples = "  $ cat app.yaml\n"
                    "  image: ghcr.io/org/app:1.2\n"
                    "  tags: [latest]\n"
                    "  manifests:\n"
                    "    - image: ghcr.io/org/app:1.2-intel\n"
                    "    - image: ghcr.io/org/app:1.2-arm\n"
                    "      platform: {os: linux, architecture: arm64, variant: v8}\n"
                    "  $ mquery push from-spec app.yaml\n",
        .run = command_push_from_spec},
    [COMMAND_PUSH_FROM_ARGS] = {
        .name = "push from-args", .usage = "push from-args FLAGS",
        .summary = "from images named by a template",
        .examples = "  mquery push from-args --platforms linux/amd64,linux/arm/v7 \\\n"
                    "      --template ghcr.io/org/app:1-ARCHVARIANT --target ghcr.io/org/app:1\n",
        .run = command_push_from_args},
    [COMMAND_PUSH_FROM_IMAGES] = {
        .name = "push from-images", .usage = "push from-images IMAGE[=P]...",
        .summary = "from these images; P: its platform",
        .examples = "  mquery push from-images --type oci --target ghcr.io/org/app:1.2 \\\n"
                    "      ghcr.io/org/app:1.2-intel ghcr.io/org/app:1.2-arm=linux/arm64/v8\n",
        .run = command_push_from_images},
    [COMMAND_CHECK_REGISTRY] = {
        .name = "check-registry", .usage = "check-registry REPOSITORY",
        .summary = "try whether a registry takes such images",
        .examples = "  mquery check-registry registry.intranet:5000/tests/lists\n",
        .run = command_check_registry},
    [COMMAND_REF] = {
        .name = "ref", .usage = "ref IMAGE...",
        .summary = "print the references taken apart, as JSON",
        .examples = "  mquery ref debian ghcr.io/org/app:1.2\n",
        .run = command_ref},
    [COMMAND_SERVE] = {
        .name = "serve", .usage = "serve [FLAGS]",
        .summary = "answer over HTTP: become mqueryd",
        .examples = "",
        .run = refuse_late_serve},
    [COMMAND_HEALTHCHECK] = {
        .name = "healthcheck", .usage = "healthcheck",
        .summary = "exit 0 if a service here is alive, else 1",
        .is_unlisted = true, .takes_no_operands = true,
        .examples = "  HEALTHCHECK CMD [\"/mquery\", \"healthcheck\"]\n",
        .run = command_healthcheck},
    [COMMAND_HELP] = {
        .name = "help", .usage = "help COMMAND",
        .summary = "all about a command",
        .examples = "",
        .run = command_help},
    [COMMAND_VERSION] = {
        .name = "version", .usage = "version",
        .summary = "print the version",
        .examples = "", .is_unlisted = true, .takes_no_operands = true,
        .run = command_version},
    [COMMAND_COMPLETION] = {
        .name = "completion", .usage = "completion bash|zsh|fish",
        .summary = "print what teaches a shell to complete",
        .examples = "  source <(mquery completion bash)      in ~/.bashrc\n"
                    "  source <(mquery completion zsh)       in ~/.zshrc, after compinit\n"
                    "  mquery completion fish | source       in ~/.config/fish/config.fish\n",
        .is_unlisted = true,
        .run = command_completion},
    [COMMAND_COMPLETE] = {
        .name = "__complete", .usage = "__complete -- WORD...",
        .examples = "",
        .run = command_complete},
};
/* clang-format on */

/* The number of words in `name` if the operands begin with all of them, else 0. */
static size_t count_words(const char *name, char *const *operands, size_t count)
{
    struct slice rest = slice_from_string(name);

    for (size_t words = 0; words < count; words++) {
        if (!slice_equal_string(slice_take_part(&rest, ' '), operands[words]))
            return 0;
        if (rest.length == 0)
            return words + 1;
    }
    return 0;
}

enum command_id command_find(char *const *operands, size_t count, size_t *words)
{
    enum command_id found = COMMAND_COUNT;

    *words = 0;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        size_t length = count_words(commands[i].name, operands, count);
        if (length > *words && program_has((enum command_id)i)) {
            *words = length;
            found = (enum command_id)i;
        }
    }
    return found;
}

bool command_is_part_of(enum command_id sub_command, enum command_id command)
{
    size_t length = strlen(commands[command].name);

    return strncmp(commands[sub_command].name, commands[command].name, length) == 0 &&
           commands[sub_command].name[length] == ' ';
}

uint32_t command_bits(enum command_id command)
{
    uint32_t bits = UINT32_C(1) << command;

    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        bits |= (uint32_t)command_is_part_of((enum command_id)i, command) << i;
    return bits;
}

struct suggestion command_nearest(enum command_id command, struct slice word)
{
    bool is_first = command == COMMAND_COUNT;
    size_t length = is_first ? 0 : strlen(commands[command].name) + 1;
    struct suggestion suggestion = suggestion_begin(word);

    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        bool is_meant = is_first || command_is_part_of((enum command_id)i, command);
        if (is_meant && commands[i].summary && program_has((enum command_id)i))
            suggestion_consider(&suggestion, slice_from_string(commands[i].name + length));
    }
    return suggestion;
}

bool command_refuse(enum command_id command, const char *word, struct error *error)
{
    bool is_first = command == COMMAND_COUNT;
    const char *before = is_first ? "" : commands[command].name;
    const char *space = is_first ? "" : " ";
    struct slice name = slice_from_string(word);
    struct suggestion suggestion = command_nearest(command, name);
    const char *phrase = suggestion_phrase(&suggestion);
    if (phrase[0]) {
        return error_set(error, ERROR_INVALID, "unknown command '%s%s%s'%s", before, space,
                         ESCAPED(name), phrase);
    }
    return error_set(error, ERROR_INVALID, "unknown command '%s%s%s'; see %s %s%s--help", before,
                     space, ESCAPED(name), program_name(), before, space);
}

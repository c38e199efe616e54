/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of mquery: one table (commands.c), and one file a command.
 *
 * A command gets the parsed flags and the operands behind its name, writes to standard output and
 * error through print.h, and returns the exit status. Its row is all that running it, help, and
 * whatever else lists the commands need to know.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/suggest.h"
#include "cli/exit.h"
#include "cli/options.h"

enum command_id {
    COMMAND_QUERY, /* the first: what is meant where no command is named */
    COMMAND_INSPECT,
    COMMAND_TAGS,
    COMMAND_AUDIT,
    COMMAND_DIFF,
    COMMAND_PUSH,
    COMMAND_PUSH_FROM_SPEC,
    COMMAND_PUSH_FROM_ARGS,
    COMMAND_PUSH_FROM_IMAGES,
    COMMAND_CHECK_REGISTRY,
    COMMAND_REF,
    COMMAND_SERVE,
    COMMAND_HEALTHCHECK,
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_COMPLETION,
    COMMAND_COMPLETE,
    COMMAND_COUNT
};

struct command {
    const char *name;     /* its words: "push from-spec" is a sub-command of "push" */
    const char *usage;    /* its words and what follows them */
    const char *summary;  /* one line; NULL: no person wants it */
    const char *examples; /* whole lines, or "" */
    bool is_unlisted;     /* left out of the first page of help */
    bool takes_no_operands;
    /* NULL: only its sub-commands can be run. */
    enum exit_status (*run)(const struct options *options);
};

extern const struct command commands[COMMAND_COUNT];

/* The command with the longest name that the operands begin with, and how many of them it takes;
 * COMMAND_COUNT where they begin with none. */
enum command_id command_find(char *const *operands, size_t count, size_t *words);
/* True for "push from-spec" of "push". */
bool command_is_part_of(enum command_id sub_command, enum command_id command);
/* The bits of the command and its sub-commands in flag.commands. */
uint32_t command_bits(enum command_id command);

/* The sub-command of it that is nearest to `word`, or for COMMAND_COUNT the command. */
struct suggestion command_nearest(enum command_id command, struct slice word);

/* Always false: `word` is no sub-command of it, or no command at all for COMMAND_COUNT; the error
 * (invalid) names the nearest one that is. */
bool command_refuse(enum command_id command, const char *word, struct error *error);

/* Asks for each image and prints its answer (query.c). */
enum exit_status command_query(const struct options *options);
/* Shows everything about each image (inspect.c). */
enum exit_status command_inspect(const struct options *options);
/* Lists the tags of a repository (tags.c). */
enum exit_status command_tags(const struct options *options);
/* Judges a fleet of images (audit.c). */
enum exit_status command_audit(const struct options *options);
/* Tells what of two images differs (diff.c). */
enum exit_status command_diff(const struct options *options);
/* Makes one image of several (push.c). */
enum exit_status command_push_from_spec(const struct options *options);
enum exit_status command_push_from_args(const struct options *options);
enum exit_status command_push_from_images(const struct options *options);
/* Finds out whether a registry takes multi-platform images (check_registry.c). */
enum exit_status command_check_registry(const struct options *options);
/* Takes references apart, without any network (ref.c). */
enum exit_status command_ref(const struct options *options);
/* Is a service alive? (healthcheck.c) */
enum exit_status command_healthcheck(const struct options *options);
/* Prints the script that teaches a shell (completion.c); and what the scripts ask (complete.c). */
enum exit_status command_completion(const struct options *options);
enum exit_status command_complete(const struct options *options);
/* help.c */
enum exit_status command_help(const struct options *options);
enum exit_status command_version(const struct options *options);

/* The page of a command: how it is called, its flags, examples. COMMAND_COUNT: the first page. */
enum exit_status help_print(enum command_id command);

/* Becomes mqueryd (serve.c); returns its exit status. Its flags are mqueryd's, so it gets the raw
 * arguments. */
int command_serve(int argc, char **argv);

#endif

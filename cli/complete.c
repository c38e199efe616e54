/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery __complete -- WORD...: what may stand where the line's last word is. The scripts of
 * completion/ ask for it, so that three shells are told the same, and what this very program knows.
 *
 * Each line is a word, and behind a tab what it means; or ":files", for the name of a file. It is
 * left to the shell to pick those that begin as the last word does.
 */
#include <string.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/program.h"

enum {
    TEXT_MAX = 16 * 1024
};

/* What the words before the last one say. */
struct line {
    char **operands;      /* moved to the front of the words themselves */
    size_t count;         /* of them */
    uint32_t given;       /* the flags that must not come again, as bits */
    enum option awaiting; /* the flag whose value comes next; OPTION_COUNT: none */
    bool has_ended;       /* its flags, by "--" */
    bool is_image_first;  /* the first operand came after that */
};

static void read_flag(struct line *line, struct slice word)
{
    struct slice name = slice_before(word, '=');
    enum option option = OPTION_COUNT;

    if (!option_find(name, &option))
        return;
    if (!flags[option].is_repeatable)
        line->given |= UINT32_C(1) << option;
    if (flags[option].value && name.length == word.length)
        line->awaiting = option;
}

static void read_word(struct line *line, char *word)
{
    if (line->awaiting != OPTION_COUNT) {
        line->awaiting = OPTION_COUNT;
    } else if (!line->has_ended && strcmp(word, "--") == 0) {
        line->has_ended = true;
        line->is_image_first = line->count == 0;
    } else if (!line->has_ended && word[0] == '-' && word[1] != '\0') {
        read_flag(line, slice_from_string(word));
    } else {
        line->operands[line->count++] = word;
    }
}

/* -- what may come -------------------------------------------------------------------------- */

static void tell(struct buffer *out, struct slice before, struct slice word, const char *meaning)
{
    (void)buffer_append_slice(out, before);
    (void)buffer_append_slice(out, word);
    (void)buffer_format(out, "%s%s\n", meaning[0] ? "\t" : "", meaning);
}

/* How help writes a value says what it may be: "docker|oci" one of these words, "FILE" and "PATH"
 * the name of a file; nothing is known of others. `before` is the flag of "--type=". */
static void tell_values(struct buffer *out, struct slice before, const char *shape)
{
    struct slice rest = slice_from_string(shape);

    if (slice_starts_with(rest, SLICE("FILE")) || slice_starts_with(rest, SLICE("PATH")))
        (void)buffer_append_string(out, ":files\n");
    if (slice_find(rest, '|') < 0 || *shape < 'a' || *shape > 'z')
        return;
    while (rest.length > 0)
        tell(out, before, slice_take_part(&rest, '|'), "");
}

/* The value of "--type=...", whose name and '=' the shells take for part of the word. */
static void tell_joined_values(struct buffer *out, struct slice word)
{
    struct slice name = slice_before(word, '=');
    enum option option = OPTION_COUNT;

    if (option_find(name, &option) && flags[option].value)
        tell_values(out, slice_until(word, name.length + 1), flags[option].value);
}

/* Where no command is named, those that a question heeds; manifest-tool asks none. */
static uint32_t bits_of(enum command_id command)
{
    uint32_t bits = 0;

    if (command != COMMAND_COUNT || !program_is_manifest_tool())
        return command_bits(command == COMMAND_COUNT ? COMMAND_QUERY : command);
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        bits |= (uint32_t)program_has((enum command_id)i) << i;
    return bits;
}

static void tell_flags(struct buffer *out, const struct line *line, enum command_id command)
{
    uint32_t bits = bits_of(command);

    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        if (flags[i].commands & bits && !(line->given & UINT32_C(1) << i))
            tell(out, SLICE(""), slice_from_string(flags[i].name), flags[i].help);
    }
}

/* The first words of all commands. */
static void tell_commands(struct buffer *out)
{
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        const struct command *command = &commands[i];
        if (command->summary && !strchr(command->name, ' ') && program_has((enum command_id)i))
            tell(out, SLICE(""), slice_from_string(command->name), command->summary);
    }
}

static void tell_parts(struct buffer *out, enum command_id command)
{
    size_t length = strlen(commands[command].name) + 1;

    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        if (command_is_part_of((enum command_id)i, command) && program_has((enum command_id)i)) {
            tell(out, SLICE(""), slice_from_string(commands[i].name + length), commands[i].summary);
        }
    }
}

/* What help says stands behind the command's words. */
static const char *shape_of(enum command_id command)
{
    const char *name = commands[command].name;
    const char *usage = commands[command].usage;
    size_t length = strlen(name);

    return strncmp(usage, name, length) == 0 && usage[length] ? usage + length + 1 : usage;
}

/* The first operand of a command. */
static void tell_operands(struct buffer *out, enum command_id command)
{
    if (command == COMMAND_HELP)
        tell_commands(out);
    else if (!commands[command].run)
        tell_parts(out, command);
    else
        tell_values(out, SLICE(""), shape_of(command));
}

static void tell_all(struct buffer *out, const struct line *line, struct slice word)
{
    size_t words = 0;
    enum command_id command = COMMAND_COUNT;

    if (!line->is_image_first)
        command = command_find(line->operands, line->count, &words);
    if (line->awaiting != OPTION_COUNT)
        tell_values(out, SLICE(""), flags[line->awaiting].value);
    else if (!line->has_ended && slice_starts_with(word, SLICE("--")) && slice_find(word, '=') > 0)
        tell_joined_values(out, word);
    else if (!line->has_ended && slice_starts_with(word, SLICE("-")))
        tell_flags(out, line, command);
    else if (!line->has_ended && line->count == 0)
        tell_commands(out);
    else if (command != COMMAND_COUNT && words == line->count)
        tell_operands(out, command);
}

enum exit_status command_complete(const struct options *options)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
    struct line line = {.operands = options->operands, .awaiting = OPTION_COUNT};
    struct slice last = {0};
    struct error error;

    for (size_t i = 0; i < options->operand_count; i++) {
        if (i + 1 < options->operand_count)
            read_word(&line, options->operands[i]);
        else
            last = slice_from_string(options->operands[i]);
    }
    tell_all(&text, &line, last);
    if (buffer_check(&text, "the text", &error) && print_output(buffer_slice(&text), &error))
        return EXIT_YES;
    return print_failure(NULL, &error);
}

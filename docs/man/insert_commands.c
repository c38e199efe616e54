/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/options.h"
#include "docs/man/insert.h"

static uint32_t bit(unsigned command)
{
    return UINT32_C(1) << command;
}

void insert_commands(struct buffer *out)
{
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        const struct command *command = &commands[i];
        size_t length = strlen(command->name);
        bool is_named = strncmp(command->usage, command->name, length) == 0;
        const char *operands = command->usage + (is_named ? length : 0);
        if (!command->summary)
            continue;
        while (*operands == ' ')
            operands++;
        insert_term(out, command->name, *operands ? operands : NULL);
        (void)buffer_append_char(out, '\t');
        insert_text(out, command->summary);
        (void)buffer_append_string(out, "\n\n");
    }
}

/* -- flags ---------------------------------------------------------------------------------- */

/* Of the commands with these bits: "*inspect*, *push from-args*". */
static void insert_names(struct buffer *out, uint32_t bits)
{
    bool is_first = true;

    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        if (!(bits & bit(i)))
            continue;
        (void)buffer_append_string(out, is_first ? "*" : ", *");
        insert_text(out, commands[i].name);
        (void)buffer_append_char(out, '*');
        is_first = false;
    }
}

static unsigned count_bits(uint32_t bits)
{
    unsigned count = 0;

    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

/* The bits of what a person can run. */
static uint32_t all_commands(void)
{
    uint32_t all = 0;

    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        if (commands[i].summary && commands[i].run)
            all |= bit(i);
    }
    return all;
}

/* Which commands heed a flag. */
static void insert_heeding(struct buffer *out, uint32_t heeding)
{
    uint32_t others = all_commands() & ~heeding;

    (void)buffer_append_string(out, "\tFor ");
    if (count_bits(others) < count_bits(heeding)) {
        (void)buffer_append_string(out, "all commands but ");
        heeding = others;
    }
    insert_names(out, heeding);
    (void)buffer_append_string(out, ".\n\n");
}

void insert_flags(struct buffer *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        insert_term(out, flags[i].name, flags[i].value);
        (void)buffer_append_char(out, '\t');
        insert_text(out, flags[i].help);
        (void)buffer_append_string(out, "\n\n");
        if (i != OPTION_HELP && i != OPTION_VERSION) /* which all heed */
            insert_heeding(out, flags[i].commands);
    }
}

/* -- examples ------------------------------------------------------------------------------- */

/* Words as they are typed. */
void insert_examples(struct buffer *out)
{
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        if (commands[i].examples[0])
            (void)buffer_format(out, "```\n%s```\n\n", commands[i].examples);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own copies of the password are wiped (rule C14); that in argv is the caller's.
 */
#include "cli/account.h"

#include <string.h>

#include "base/escape.h"
#include "cli/input.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/program.h"
#include "registry/registry.h"

enum {
    PASSWORD_MAX = 16 * 1024 /* identity tokens of cloud registries take 4 KiB and more */
};

/* Basic authentication joins the two with a colon, and a line break would end the header (C3). */
static bool make_credential(const char *username, struct slice password, struct credential **out,
                            struct error *error)
{
    struct slice name = slice_from_string(username);

    if (name.length == 0 || slice_find(name, ':') >= 0 || escape_has_control_byte(name))
        return error_set(error, ERROR_INVALID, "--username is empty or holds ':' or a line break");
    if (password.length == 0)
        return error_set(error, ERROR_INVALID, "the password is empty");
    if (escape_has_control_byte(password))
        return error_set(error, ERROR_INVALID, "the password is more than one line of text");
    *out = credential_new(name, password);
    return *out || error_no_memory(error);
}

static struct slice without_line_break(struct slice text)
{
    if (slice_ends_with(text, SLICE("\n")))
        text.length--;
    if (slice_ends_with(text, SLICE("\r")))
        text.length--;
    return text;
}

static bool read_password(const char *username, struct credential **out, struct error *error)
{
    char room[PASSWORD_MAX + 1];
    size_t length = 0;
    bool is_made = false;

    if (!input_read("-", room, sizeof(room), &length, error))
        return false;
    if (length > PASSWORD_MAX)
        (void)error_set(error, ERROR_INVALID, "the password is longer than 16 KiB");
    else
        is_made = make_credential(username, without_line_break(slice_of(room, length)), out, error);
    explicit_bzero(room, sizeof(room));
    return is_made;
}

bool account_check_registry(const struct options *options, struct error *error)
{
    CLEANUP(reference_free_p) struct reference *first = NULL;
    struct error ignored; /* a bad reference is told when its turn comes */

    for (size_t i = 0; options->values[OPTION_USERNAME] && i < options->operand_count; i++) {
        CLEANUP(reference_free_p)
        struct reference *next = reference_parse(slice_from_string(options->operands[i]), &ignored);
        if (first && next && strcmp(first->registry, next->registry) != 0) {
            return error_set(error, ERROR_INVALID,
                             "--username is for one registry, and these are '%s' and '%s'",
                             first->registry, next->registry);
        }
        if (!first)
            first = TAKE(next);
    }
    return true;
}

bool account_open(const struct options *options, struct credential **out, struct error *error)
{
    const char *username = options->values[OPTION_USERNAME];
    const char *password = options->values[OPTION_PASSWORD];
    bool is_on_stdin = options->values[OPTION_PASSWORD_STDIN] != NULL;

    *out = NULL;
    if (!username && !password && !is_on_stdin)
        return true;
    if (!username) {
        return error_set(error, ERROR_INVALID, "%s needs --username",
                         password ? "--password" : "--password-stdin");
    }
    if (!password && !is_on_stdin)
        return error_set(error, ERROR_INVALID, "--username needs --password-stdin, or --password");
    if (password && is_on_stdin)
        return error_set(error, ERROR_INVALID, "--password and --password-stdin are one too many");
    if (is_on_stdin)
        return read_password(username, out, error);
    if (!program_is_manifest_tool()) { /* that tool's users know no other way */
        print_warning(NULL, "the list of processes shows --password to every user of this "
                            "machine; use --password-stdin");
    }
    return make_credential(username, slice_from_string(password), out, error);
}

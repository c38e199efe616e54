/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 9110 section 11.6.1 lists challenges and their parameters with the same comma, so what
 * follows a comma is only known once the byte behind the next word is seen: an equals sign makes
 * it a parameter, anything else a new challenge. One pass, no backtracking further than a word.
 */
#include "registry/challenge.h"

#include <stdlib.h>

#include "base/escape.h"

enum {
    VALUE_MAX = 8 * 1024,
    CHALLENGES_MAX = 16,
    PARAMETERS_MAX = 32
};

/* `value` is as written, without the quotes around it; escapes are undone when it is copied. */
struct parameter {
    struct slice name;
    struct slice value;
};

struct parsed {
    struct slice scheme;
    struct parameter parameters[PARAMETERS_MAX];
    size_t count;
    const char *fault; /* why it is unusable; NULL: it is well formed */
};

/* -- reading -------------------------------------------------------------------------------- */

static bool starts_with(struct slice rest, char byte)
{
    return rest.length && rest.data[0] == byte;
}

static void skip_blanks(struct slice *rest)
{
    while (rest->length && (rest->data[0] == ' ' || rest->data[0] == '\t'))
        *rest = slice_from(*rest, 1);
}

static void skip_separators(struct slice *rest)
{
    skip_blanks(rest);
    while (starts_with(*rest, ',')) {
        *rest = slice_from(*rest, 1);
        skip_blanks(rest);
    }
}

/* An unquoted value: a token of RFC 9110, and what registries write without quotes besides, such
 * as `realm=/token` or base64. */
static struct slice take_word(struct slice *rest, bool is_value)
{
    size_t length = 0;

    while (length < rest->length) {
        unsigned char byte = (unsigned char)rest->data[length];
        if (byte <= ' ' || byte >= 0x7f || byte == ',' || byte == '"' || (byte == '=' && !is_value))
            break;
        length++;
    }
    struct slice word = slice_until(*rest, length);
    *rest = slice_from(*rest, length);
    return word;
}

static bool is_control(char byte)
{
    return ((unsigned char)byte < ' ' && byte != '\t') || byte == 0x7f;
}

/* `rest` starts behind the opening quote, and ends behind the closing one; behind a broken quote
 * nothing can be told apart, so nothing is left. */
static const char *take_quoted(struct slice *rest, struct slice *out)
{
    struct slice whole = *rest;
    size_t length = 0;
    bool is_escaped = false;

    *rest = (struct slice){0};
    for (; length < whole.length && (is_escaped || whole.data[length] != '"'); length++) {
        if (is_control(whole.data[length]))
            return "a control byte";
        is_escaped = !is_escaped && whole.data[length] == '\\';
    }
    if (length == whole.length)
        return "an unclosed quote";
    *out = slice_until(whole, length);
    *rest = slice_from(whole, length + 1);
    return NULL;
}

static const char *take_value(struct slice *rest, struct slice *out)
{
    skip_blanks(rest);
    if (!starts_with(*rest, '"')) {
        *out = take_word(rest, true);
        return NULL;
    }
    *rest = slice_from(*rest, 1);
    return take_quoted(rest, out);
}

static const struct parameter *find_parameter(const struct parsed *parsed, struct slice name)
{
    for (size_t i = 0; i < parsed->count; i++) {
        if (slice_equal_ignoring_case(parsed->parameters[i].name, name))
            return &parsed->parameters[i];
    }
    return NULL;
}

/* `rest` starts behind the parameter's name. */
static const char *take_parameter(struct slice *rest, struct slice name, struct parsed *parsed)
{
    struct slice value;

    skip_blanks(rest);
    if (name.length == 0)
        return "a parameter without a name";
    if (!starts_with(*rest, '='))
        return "a parameter without a value";
    *rest = slice_from(*rest, 1);
    const char *fault = take_value(rest, &value);
    if (fault)
        return fault;
    skip_blanks(rest);
    if (rest->length && !starts_with(*rest, ','))
        return "no comma between two parameters";
    if (find_parameter(parsed, name))
        return "a parameter that is given twice";
    if (parsed->count == PARAMETERS_MAX)
        return "more than 32 parameters";
    parsed->parameters[parsed->count++] = (struct parameter){name, value};
    return NULL;
}

/* True where a word that is followed by `rest` belongs to the challenge being read. A quote instead
 * of an equals sign is a broken parameter rather than a new challenge. */
static bool is_parameter(struct slice rest)
{
    skip_blanks(&rest);
    return starts_with(rest, '=') || starts_with(rest, '"');
}

/* To the next comma that is not inside quotes. */
static void skip_broken(struct slice *rest)
{
    bool is_quoted = false;
    size_t length = 0;

    for (; length < rest->length && (is_quoted || rest->data[length] != ','); length++) {
        is_quoted ^= rest->data[length] == '"';
        length += is_quoted && rest->data[length] == '\\';
    }
    *rest = slice_from(*rest, length);
}

static void note_fault(struct parsed *parsed, struct slice *rest, const char *fault)
{
    if (!fault)
        return;
    parsed->fault = fault;
    skip_broken(rest);
}

/* What stands behind the scheme, before the first comma: nothing, a parameter, or the base64 of
 * Negotiate and its like, which no scheme of ours has. */
static void take_first(struct slice *rest, struct parsed *parsed)
{
    struct slice word = take_word(rest, false);
    bool is_end = rest->length == 0 || starts_with(*rest, ',');

    if (word.length == 0 && is_end)
        return;
    bool is_readable = word.length && is_parameter(*rest);
    note_fault(parsed, rest,
               is_readable ? take_parameter(rest, word, parsed) : "no parameter behind the scheme");
}

/* Reads one challenge. False at the end of the header. */
static bool take_challenge(struct slice *rest, struct parsed *parsed)
{
    parsed->count = 0;
    parsed->fault = NULL;
    skip_separators(rest);
    if (rest->length == 0)
        return false;
    parsed->scheme = take_word(rest, false);
    if (parsed->scheme.length == 0)
        note_fault(parsed, rest, "no scheme");
    skip_blanks(rest);
    take_first(rest, parsed);
    for (skip_separators(rest); rest->length; skip_separators(rest)) {
        struct slice ahead = *rest;
        struct slice word = take_word(&ahead, false);
        if (word.length && !is_parameter(ahead))
            break;
        *rest = ahead;
        note_fault(parsed, rest, take_parameter(rest, word, parsed));
    }
    return true;
}

/* -- choosing ------------------------------------------------------------------------------- */

/* NULL where absent or empty; `ok` turns false when there is no memory. */
static char *copy_parameter(const struct parsed *parsed, struct slice name, bool *ok)
{
    const struct parameter *parameter = find_parameter(parsed, name);
    struct buffer text = BUFFER_INIT(VALUE_MAX);

    if (!parameter || parameter->value.length == 0)
        return NULL;
    for (size_t i = 0; i < parameter->value.length; i++) {
        if (parameter->value.data[i] == '\\' && i + 1 < parameter->value.length)
            i++;
        (void)buffer_append_char(&text, parameter->value.data[i]);
    }
    char *copy = buffer_ok(&text) ? buffer_take(&text) : NULL;
    buffer_release(&text);
    *ok = *ok && copy;
    return copy;
}

static bool copy_out(const struct parsed *parsed, enum challenge_scheme scheme,
                     struct challenge *out, struct error *error)
{
    bool ok = true;
    struct challenge challenge = {
        .scheme = scheme,
        .realm = copy_parameter(parsed, SLICE("realm"), &ok),
        .service = copy_parameter(parsed, SLICE("service"), &ok),
        .scope = copy_parameter(parsed, SLICE("scope"), &ok),
        .error = copy_parameter(parsed, SLICE("error"), &ok),
    };

    if (!ok) {
        challenge_release(&challenge);
        return error_no_memory(error);
    }
    *out = challenge;
    return true;
}

/* What the challenges read so far have come to. */
struct choice {
    struct parsed best; /* where one of the two is true */
    bool has_basic;
    bool has_bearer;
    size_t seen;
    const char *fault;    /* why one of our two schemes cannot be used; NULL: none was seen */
    struct slice unknown; /* the first scheme that is not ours */
};

static void consider(struct choice *choice, const struct parsed *parsed)
{
    bool is_bearer = slice_equal_ignoring_case(parsed->scheme, SLICE("Bearer"));
    bool is_basic = slice_equal_ignoring_case(parsed->scheme, SLICE("Basic"));
    const struct parameter *realm = find_parameter(parsed, SLICE("realm"));
    const char *fault = parsed->fault;

    if (parsed->scheme.length && !is_bearer && !is_basic) {
        choice->unknown = choice->unknown.length ? choice->unknown : parsed->scheme;
        return;
    }
    if (!fault && is_bearer && (!realm || realm->value.length == 0))
        fault = "no realm to ask for a token";
    if (fault)
        choice->fault = fault;
    if (fault || choice->has_bearer || (choice->has_basic && is_basic))
        return;
    choice->best = *parsed;
    choice->has_bearer = is_bearer;
    choice->has_basic = is_basic;
}

static void consider_header(struct choice *choice, struct slice value)
{
    struct parsed parsed;

    if (value.length > VALUE_MAX) {
        choice->fault = "longer than 8 KiB";
        return;
    }
    while (choice->seen < CHALLENGES_MAX && take_challenge(&value, &parsed)) {
        choice->seen++;
        consider(choice, &parsed);
    }
}

static bool explain(const struct choice *choice, struct error *error)
{
    if (choice->fault) {
        return error_set(error, ERROR_UPSTREAM, "the registry's challenge cannot be used: %s",
                         choice->fault);
    }
    if (choice->unknown.length) {
        return error_set(error, ERROR_UPSTREAM,
                         "the registry wants '%s' authentication, which is not known here",
                         ESCAPED(slice_until(choice->unknown, 32)));
    }
    return error_set(error, ERROR_UPSTREAM,
                     "the registry wants authentication and does not say which");
}

bool challenge_choose(const struct slice *values, size_t count, struct challenge *out,
                      struct error *error)
{
    struct choice choice = {0};

    for (size_t i = 0; i < count; i++)
        consider_header(&choice, values[i]);
    if (!choice.has_bearer && !choice.has_basic)
        return explain(&choice, error);
    return copy_out(&choice.best, choice.has_bearer ? CHALLENGE_BEARER : CHALLENGE_BASIC, out,
                    error);
}

void challenge_release(struct challenge *challenge)
{
    if (!challenge)
        return;
    free(challenge->realm);
    free(challenge->service);
    free(challenge->scope);
    free(challenge->error);
    *challenge = (struct challenge){0};
}

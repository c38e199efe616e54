/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 8259, without recursion: a container is opened by pushing it on a stack of bounded depth, and
 * check_next() then takes its members one by one until it ends.
 */
#include "data/json_check.h"

#include <string.h>

#include "base/escape.h"
#include "data/json.h"
#include "data/json_keys.h"
#include "data/json_string.h"

struct level {
    bool is_object;
    bool has_members;
    size_t first_key; /* of an object, in `keys` */
};

struct checker {
    struct json_cursor cursor;
    unsigned tokens;
    unsigned depth;
    struct level levels[JSON_DEPTH_MAX];
    struct json_keys keys;
};

static bool invalid(const struct checker *checker, const char *problem)
{
    return json_cursor_fail(&checker->cursor, ERROR_INVALID, problem);
}

static bool too_large(const struct checker *checker, const char *problem)
{
    return json_cursor_fail(&checker->cursor, ERROR_TOO_LARGE, problem);
}

/* The byte to come, NUL at the end: a NUL is wrong wherever this is asked. */
static char peek(const struct checker *checker)
{
    if (checker->cursor.at == checker->cursor.end)
        return '\0';
    return *checker->cursor.at;
}

static bool count_token(struct checker *checker)
{
    return ++checker->tokens <= JSON_TOKENS_MAX || too_large(checker, "too many values");
}

static char skip_blanks(struct checker *checker)
{
    const char *at = checker->cursor.at;

    while (at < checker->cursor.end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    checker->cursor.at = at;
    return peek(checker);
}

static bool open_container(struct checker *checker)
{
    if (checker->depth == JSON_DEPTH_MAX)
        return too_large(checker, "nested too deeply");
    checker->levels[checker->depth++] = (struct level){
        .is_object = peek(checker) == '{',
        .first_key = checker->keys.count,
    };
    checker->cursor.at++;
    return true;
}

static bool close_container(struct checker *checker)
{
    const struct level *level = &checker->levels[--checker->depth];

    checker->cursor.at++;
    if (!level->is_object)
        return true;
    const char *repeated = json_keys_pop(&checker->keys, level->first_key);
    if (!repeated)
        return true;
    checker->cursor.at = repeated;
    return invalid(checker, "repeated key");
}

static bool check_literal(struct checker *checker, struct slice literal)
{
    struct json_cursor *cursor = &checker->cursor;
    struct slice rest = slice_of(cursor->at, (size_t)(cursor->end - cursor->at));

    if (!slice_starts_with(rest, literal))
        return invalid(checker, "expected a value");
    cursor->at += literal.length;
    return true;
}

static bool check_digits(struct checker *checker)
{
    const char *first = checker->cursor.at;

    while (peek(checker) >= '0' && peek(checker) <= '9')
        checker->cursor.at++;
    return checker->cursor.at > first || invalid(checker, "expected a digit");
}

static bool check_exponent(struct checker *checker)
{
    checker->cursor.at++;
    if (peek(checker) == '+' || peek(checker) == '-')
        checker->cursor.at++;
    return check_digits(checker);
}

static bool check_number(struct checker *checker)
{
    if (peek(checker) == '-')
        checker->cursor.at++;
    if (peek(checker) == '0')
        checker->cursor.at++; /* and no digit after it: the caller finds no comma */
    else if (!check_digits(checker))
        return false;
    if (peek(checker) == '.') {
        checker->cursor.at++;
        if (!check_digits(checker))
            return false;
    }
    if (peek(checker) == 'e' || peek(checker) == 'E')
        return check_exponent(checker);
    return true;
}

static bool check_value(struct checker *checker)
{
    struct json_raw_string ignored;
    char byte = peek(checker);

    if (!count_token(checker))
        return false;
    switch (byte) {
    case '{':
    case '[':
        return open_container(checker);
    case '"':
        return json_string_skip(&checker->cursor, &ignored);
    case 't':
        return check_literal(checker, SLICE("true"));
    case 'f':
        return check_literal(checker, SLICE("false"));
    case 'n':
        return check_literal(checker, SLICE("null"));
    default:
        if (byte == '-' || (byte >= '0' && byte <= '9'))
            return check_number(checker);
        return invalid(checker, "expected a value");
    }
}

static bool check_key(struct checker *checker, const struct level *level)
{
    struct json_raw_string key;

    if (peek(checker) != '"')
        return invalid(checker, "expected a key in double quotes");
    if (!count_token(checker))
        return false;
    if (checker->keys.count - level->first_key == JSON_KEYS_MAX)
        return too_large(checker, "too many keys in one object");
    if (!json_string_skip(&checker->cursor, &key))
        return false;
    if (!json_keys_push(&checker->keys, &key))
        return error_no_memory(checker->cursor.error);
    if (skip_blanks(checker) != ':')
        return invalid(checker, "expected ':'");
    checker->cursor.at++;
    skip_blanks(checker);
    return true;
}

/* Inside a container: its end, or its next member or item. */
static bool check_next(struct checker *checker)
{
    struct level *level = &checker->levels[checker->depth - 1];
    char byte = skip_blanks(checker);

    if (byte == (level->is_object ? '}' : ']'))
        return count_token(checker) && close_container(checker);
    if (level->has_members) {
        if (byte != ',')
            return invalid(checker,
                           level->is_object ? "expected ',' or '}'" : "expected ',' or ']'");
        checker->cursor.at++;
        skip_blanks(checker);
    }
    level->has_members = true;
    if (level->is_object && !check_key(checker, level))
        return false;
    return check_value(checker);
}

/* A value and all that is in it. */
static bool check_whole(struct checker *checker)
{
    if (!check_value(checker))
        return false;
    while (checker->depth) {
        if (!check_next(checker))
            return false;
    }
    return true;
}

static bool check_document(struct checker *checker)
{
    char byte = skip_blanks(checker);

    if (byte != '{' && byte != '[')
        return invalid(checker, "expected an object or an array");
    if (!check_whole(checker))
        return false;
    skip_blanks(checker);
    return checker->cursor.at == checker->cursor.end ||
           invalid(checker, "expected the end of the text");
}

bool json_check(struct slice text, const char *name, struct error *error)
{
    struct checker checker = {
        .cursor = {.start = text.data,
                   .at = text.data,
                   .end = text.length ? text.data + text.length : text.data,
                   .name = name,
                   .error = error},
    };

    json_keys_init(&checker.keys, text.length);
    bool is_valid = check_document(&checker);
    json_keys_release(&checker.keys);
    return is_valid;
}

bool json_check_value(struct json_cursor *cursor)
{
    struct checker checker = {.cursor = *cursor};

    json_keys_init(&checker.keys, (size_t)(cursor->end - cursor->at));
    bool is_valid = check_whole(&checker);
    json_keys_release(&checker.keys);
    cursor->at = checker.cursor.at;
    return is_valid;
}

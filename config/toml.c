/* SPDX-License-Identifier: Apache-2.0 */
#include "config/toml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"

enum {
    STRING_MAX = 8192,
    DEPTH_MAX = 8, /* of lists in lists, and of tables in tables */
    NODES_MAX = 20000
};

struct reader {
    struct slice rest;
    unsigned line;
    unsigned nodes;
    const char *name;
    struct error *error;
};

bool toml_fail(const char *name, unsigned line, struct error *error, const char *format, ...)
{
    char message[sizeof(error->message)];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    return error_set(error, ERROR_INVALID, "%s:%u: %s", ESCAPED(slice_from_string(name)), line,
                     message);
}

static bool refuse(const struct reader *reader, const char *what)
{
    return toml_fail(reader->name, reader->line, reader->error, "%s", what);
}

/* NOLINTNEXTLINE(misc-no-recursion): the reader bounds the depth */
void toml_free(struct toml *toml)
{
    while (toml && toml->first) {
        struct toml *child = toml->first;
        toml->first = child->next;
        toml_free(child);
    }
    if (!toml)
        return;
    free(toml->key);
    free(toml->text);
    free(toml);
}

/* Appends a new node to `parent`'s, in which it stays whatever comes; takes over `key`. */
static struct toml *add(struct reader *reader, struct toml *parent, char *key, enum toml_kind kind)
{
    struct toml *node = reader->nodes < NODES_MAX ? calloc(1, sizeof(*node)) : NULL;

    if (!node) {
        free(key);
        if (reader->nodes == NODES_MAX)
            refuse(reader, "there is too much in it");
        else
            error_no_memory(reader->error);
        return NULL;
    }
    reader->nodes++;
    *node = (struct toml){.kind = kind, .line = reader->line, .key = key};
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    return node;
}

/* -- characters ----------------------------------------------------------------------------- */

static char peek(const struct reader *reader)
{
    if (reader->rest.length == 0)
        return '\0';
    return reader->rest.data[0];
}

static bool take(struct reader *reader, char byte)
{
    if (reader->rest.length == 0 || reader->rest.data[0] != byte)
        return false;
    reader->rest = slice_from(reader->rest, 1);
    reader->line += byte == '\n';
    return true;
}

static void skip_blanks(struct reader *reader)
{
    while (take(reader, ' ') || take(reader, '\t'))
        continue;
}

static void skip_comment(struct reader *reader)
{
    ptrdiff_t end = slice_find(reader->rest, '\n');

    if (peek(reader) == '#')
        reader->rest = end < 0 ? slice_of(NULL, 0) : slice_from(reader->rest, (size_t)end);
}

/* Blanks, comments, and ends of lines. */
static void skip_lines(struct reader *reader)
{
    do {
        skip_blanks(reader);
        skip_comment(reader);
        (void)take(reader, '\r');
    } while (take(reader, '\n'));
}

static bool end_line(struct reader *reader)
{
    skip_blanks(reader);
    skip_comment(reader);
    (void)take(reader, '\r');
    return reader->rest.length == 0 || take(reader, '\n') ||
           refuse(reader, "expected the end of the line");
}

/* -- strings and keys ----------------------------------------------------------------------- */

static bool take_escape(struct reader *reader, struct buffer *out)
{
    static const char names[] = "btnfr\"\\";
    static const char bytes[] = "\b\t\n\f\r\"\\";
    ptrdiff_t which = reader->rest.length ? slice_find(slice_of(names, 7), peek(reader)) : -1;

    if (which < 0)
        return refuse(reader, "an escape that is not read here");
    reader->rest = slice_from(reader->rest, 1);
    return buffer_append_char(out, bytes[which]) || refuse(reader, "a text is too long");
}

/* Basic strings know escapes, literal ones do not (TOML 1.0, "String"). */
static bool take_string(struct reader *reader, struct buffer *out)
{
    char quote = peek(reader);
    const char three[] = {quote, quote, quote};

    if (slice_starts_with(reader->rest, slice_of(three, 3)))
        return refuse(reader, "strings of several lines are not read here");
    reader->rest = slice_from(reader->rest, 1);
    while (!take(reader, quote)) {
        size_t length = escape_utf8_length(reader->rest);
        unsigned char byte = (unsigned char)peek(reader);
        if (length == 0 || (byte < 0x20 && byte != '\t') || byte == 0x7f)
            return refuse(reader, "a text without an end, or with control characters");
        if (quote == '"' && take(reader, '\\')) {
            if (!take_escape(reader, out))
                return false;
            continue;
        }
        if (!buffer_append(out, reader->rest.data, length))
            return refuse(reader, "a text is too long");
        reader->rest = slice_from(reader->rest, length);
    }
    return true;
}

static bool is_bare(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

/* One key of a dotted one; the caller frees. */
static char *take_key(struct reader *reader)
{
    CLEANUP(buffer_release) struct buffer key = BUFFER_INIT(STRING_MAX);

    skip_blanks(reader);
    if (peek(reader) == '"' || peek(reader) == '\'') {
        if (!take_string(reader, &key))
            return NULL;
    } else {
        while (is_bare(peek(reader)) && buffer_append_char(&key, peek(reader)))
            reader->rest = slice_from(reader->rest, 1);
    }
    skip_blanks(reader);
    if (key.length == 0) {
        refuse(reader, "expected a key");
        return NULL;
    }
    char *text = slice_copy(buffer_slice(&key));
    if (!text)
        error_no_memory(reader->error);
    return text;
}

static struct toml *find(const struct toml *table, const char *key)
{
    struct toml *node = table->first;

    while (node && strcmp(node->key, key) != 0)
        node = node->next;
    return node;
}

/* The table `key` of another, made where there is none; takes over `key`. */
static struct toml *enter(struct reader *reader, struct toml *table, char *key)
{
    struct toml *node = find(table, key);

    if (!node)
        return add(reader, table, key, TOML_TABLE);
    free(key);
    if (node->kind == TOML_TABLE)
        return node;
    refuse(reader, "a key of a value that is no table");
    return NULL;
}

/* Enters the tables that a dotted key names before its last part, which is the caller's. */
static char *take_path(struct reader *reader, struct toml **table)
{
    char *key = take_key(reader);

    for (unsigned depth = 0; key && take(reader, '.'); depth++) {
        *table = enter(reader, *table, key);
        if (depth == DEPTH_MAX)
            refuse(reader, "tables are nested too deep");
        key = *table && depth < DEPTH_MAX ? take_key(reader) : NULL;
    }
    return key;
}

/* -- values --------------------------------------------------------------------------------- */

static bool take_value(struct reader *reader, struct toml *parent, char *key, unsigned depth);

static bool take_text(struct reader *reader, struct toml *node)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(STRING_MAX);

    if (!take_string(reader, &text))
        return false;
    node->text = slice_copy(buffer_slice(&text));
    return node->text || error_no_memory(reader->error);
}

/* NOLINTNEXTLINE(misc-no-recursion): to DEPTH_MAX */
static bool take_list(struct reader *reader, struct toml *list, unsigned depth)
{
    (void)take(reader, '[');
    if (depth == DEPTH_MAX)
        return refuse(reader, "lists are nested too deep");
    for (;;) {
        skip_lines(reader);
        if (take(reader, ']'))
            return true;
        if (!take_value(reader, list, NULL, depth + 1))
            return false;
        skip_lines(reader);
        if (!take(reader, ',') && peek(reader) != ']')
            return refuse(reader, "expected ',' or ']' in a list");
    }
}

static bool take_word(struct reader *reader, struct slice word)
{
    if (!slice_starts_with(reader->rest, word))
        return false;
    reader->rest = slice_from(reader->rest, word.length);
    return true;
}

/* Takes over `key`. */
/* NOLINTNEXTLINE(misc-no-recursion): to DEPTH_MAX */
static bool take_value(struct reader *reader, struct toml *parent, char *key, unsigned depth)
{
    bool is_true = take_word(reader, SLICE("true"));
    bool is_boolean = is_true || take_word(reader, SLICE("false"));
    bool is_text = !is_boolean && (peek(reader) == '"' || peek(reader) == '\'');
    bool is_list = !is_boolean && peek(reader) == '[';

    if (!is_boolean && !is_text && !is_list) {
        free(key);
        return refuse(reader, "expected a text in quotes, true, false, or a list");
    }
    enum toml_kind kind = is_list ? TOML_LIST : is_text ? TOML_STRING : TOML_BOOLEAN;
    struct toml *node = add(reader, parent, key, kind);
    if (!node)
        return false;
    node->truth = is_true;
    if (is_text)
        return take_text(reader, node);
    return !is_list || take_list(reader, node, depth);
}

/* -- lines ---------------------------------------------------------------------------------- */

static bool take_assignment(struct reader *reader, struct toml *table)
{
    char *key = take_path(reader, &table);

    if (!key)
        return false;
    bool is_there = find(table, key) != NULL;
    if (is_there || !take(reader, '=')) {
        free(key);
        return refuse(reader, is_there ? "the key is there twice" : "expected '=' after the key");
    }
    skip_blanks(reader);
    return take_value(reader, table, key, 0) && end_line(reader);
}

/* `*table` is the one that the lines after the header are about. */
static bool take_header(struct reader *reader, struct toml *root, struct toml **table)
{
    (void)take(reader, '[');
    if (peek(reader) == '[')
        return refuse(reader, "lists of tables are not read here");
    *table = root;
    char *key = take_path(reader, table);
    *table = key ? enter(reader, *table, key) : NULL;
    if (!*table)
        return false;
    if ((*table)->has_header)
        return refuse(reader, "the table is there twice");
    (*table)->has_header = true;
    if (!take(reader, ']'))
        return refuse(reader, "expected ']' after the table's name");
    return end_line(reader);
}

static bool take_lines(struct reader *reader, struct toml *root)
{
    struct toml *table = root;

    for (;;) {
        skip_lines(reader);
        if (reader->rest.length == 0)
            return true;
        bool is_header = peek(reader) == '[';
        if (is_header ? !take_header(reader, root, &table) : !take_assignment(reader, table))
            return false;
    }
}

struct toml *toml_parse(struct slice text, const char *name, struct error *error)
{
    struct reader reader = {.rest = text, .line = 1, .name = name, .error = error};
    struct toml *root = calloc(1, sizeof(*root));

    if (!root) {
        error_no_memory(error);
        return NULL;
    }
    *root = (struct toml){.kind = TOML_TABLE, .line = 1};
    if (take_lines(&reader, root))
        return root;
    toml_free(root);
    return NULL;
}

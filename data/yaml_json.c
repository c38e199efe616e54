/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as the tree that YAML makes. libyaml cannot read it: to YAML 1.1 half of a surrogate pair is
 * an error, U+2028 a line break and DEL no text.
 *
 * json_check() judges the text; what follows only walks over what it has passed.
 */
#include <stdlib.h>

#include "data/json_check.h"
#include "data/json_string.h"
#include "data/yaml_build.h"

struct walk {
    struct yaml_builder *builder;
    struct json_cursor cursor;
    const char *counted; /* `place` is of this byte */
    struct place place;
    char *unescaped; /* room for the longest string */
};

static struct place place_here(struct walk *walk)
{
    size_t passed = (size_t)(walk->cursor.at - walk->counted);

    walk->place = place_after(walk->place, slice_of(walk->counted, passed));
    walk->counted = walk->cursor.at;
    return walk->place;
}

static bool take_scalar(struct walk *walk, struct place place, struct yaml_scalar scalar)
{
    return yaml_build_scalar(walk->builder, place, (struct slice){0}, scalar);
}

static bool take_string(struct walk *walk)
{
    struct place place = place_here(walk);
    struct json_raw_string raw;

    if (!json_string_skip(&walk->cursor, &raw))
        return false;
    size_t length = json_string_unescape(walk->unescaped, raw.text);
    return take_scalar(walk, place,
                       (struct yaml_scalar){.text = slice_of(walk->unescaped, length)});
}

/* A number, true, false or null. */
static bool take_word(struct walk *walk)
{
    struct place place = place_here(walk);
    struct json_cursor *cursor = &walk->cursor;
    const char *first = cursor->at;

    while (cursor->at < cursor->end && slice_find(SLICE(",]} \t\r\n"), *cursor->at) < 0)
        cursor->at++;
    struct slice word = slice_of(first, (size_t)(cursor->at - first));
    return take_scalar(walk, place, (struct yaml_scalar){.text = word, .is_plain = true});
}

static bool take_begin(struct walk *walk, enum yaml_kind kind)
{
    struct place place = place_here(walk);

    walk->cursor.at++;
    return yaml_build_begin(walk->builder, place, (struct slice){0}, kind);
}

static bool take_end(struct walk *walk)
{
    walk->cursor.at++;
    return yaml_build_end(walk->builder);
}

static bool take_next(struct walk *walk)
{
    switch (*walk->cursor.at) {
    case '{':
        return take_begin(walk, YAML_MAPPING);
    case '[':
        return take_begin(walk, YAML_SEQUENCE);
    case '}':
    case ']':
        return take_end(walk);
    case '"':
        return take_string(walk);
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case ',':
    case ':':
        walk->cursor.at++;
        return true;
    default:
        return take_word(walk);
    }
}

static bool read_text(struct yaml_builder *builder, struct slice text)
{
    if (!json_check(text, builder->name, builder->error))
        return false;
    struct walk walk = {
        .builder = builder,
        .cursor = {.start = text.data,
                   .at = text.data,
                   .end = text.data + text.length,
                   .name = builder->name,
                   .error = builder->error},
        .counted = text.data,
        .place = {1, 1},
        .unescaped = malloc(text.length),
    };
    bool is_read = walk.unescaped || error_no_memory(builder->error);
    while (is_read && walk.cursor.at < walk.cursor.end)
        is_read = take_next(&walk);
    free(walk.unescaped);
    return is_read;
}

struct yaml_tree *yaml_parse_json(struct slice text, const char *name, struct error *error)
{
    return yaml_tree_build(text, name, read_text, error);
}

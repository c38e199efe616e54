/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml's events, handed to the builder one by one.
 */
#include "data/yaml.h"

#include <stdlib.h>

#include <yaml.h>

#include "data/yaml_build.h"

/* What one parse needs besides the tree. */
struct reading {
    yaml_parser_t parser;
    struct yaml_builder *builder;
    struct slice text;
    bool has_document;
    bool ended;
};

static struct place place_of(yaml_mark_t mark)
{
    return (struct place){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static bool syntax_error(const struct reading *reading)
{
    const yaml_parser_t *parser = &reading->parser;
    struct place place = place_of(parser->problem_mark);

    if (parser->error == YAML_MEMORY_ERROR || !parser->problem)
        return error_no_memory(reading->builder->error);
    if (parser->error == YAML_READER_ERROR) /* bytes that are no text come with an offset only */
        place = place_find(reading->text, parser->problem_offset);
    return yaml_build_fail(reading->builder, place, ERROR_INVALID, parser->problem);
}

static struct slice slice_of_bytes(const yaml_char_t *bytes)
{
    return slice_from_string((const char *)bytes);
}

static bool refuse_tag(const struct reading *reading, struct place place, const yaml_char_t *tag)
{
    return !tag || yaml_build_fail(reading->builder, place, ERROR_INVALID, "tags are not read");
}

static bool take_scalar(struct reading *reading, struct place place, const yaml_event_t *event)
{
    struct yaml_scalar scalar = {
        .text = slice_of((const char *)event->data.scalar.value, event->data.scalar.length),
        .is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
    };

    return refuse_tag(reading, place, event->data.scalar.tag) &&
           yaml_build_scalar(reading->builder, place, slice_of_bytes(event->data.scalar.anchor),
                             scalar);
}

static bool begin_document(struct reading *reading, struct place place)
{
    if (reading->has_document)
        return yaml_build_fail(reading->builder, place, ERROR_INVALID, "a second document");
    reading->has_document = true;
    return true;
}

static bool take_event(struct reading *reading, const yaml_event_t *event)
{
    struct yaml_builder *builder = reading->builder;
    struct place place = place_of(event->start_mark);

    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return begin_document(reading, place);
    case YAML_ALIAS_EVENT:
        return yaml_build_alias(builder, place, slice_of_bytes(event->data.alias.anchor));
    case YAML_SCALAR_EVENT:
        return take_scalar(reading, place, event);
    case YAML_SEQUENCE_START_EVENT:
        return refuse_tag(reading, place, event->data.sequence_start.tag) &&
               yaml_build_begin(builder, place, slice_of_bytes(event->data.sequence_start.anchor),
                                YAML_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        return refuse_tag(reading, place, event->data.mapping_start.tag) &&
               yaml_build_begin(builder, place, slice_of_bytes(event->data.mapping_start.anchor),
                                YAML_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return yaml_build_end(builder);
    case YAML_STREAM_END_EVENT:
        reading->ended = true;
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return true;
}

static bool read_events(struct reading *reading)
{
    while (!reading->ended) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reading->parser, &event))
            return syntax_error(reading);
        bool taken = take_event(reading, &event);
        yaml_event_delete(&event);
        if (!taken)
            return false;
    }
    return true;
}

static bool read_text(struct yaml_builder *builder, struct slice text)
{
    text = slice_without_mark(text);
    struct reading reading = {.builder = builder, .text = text};

    if (!yaml_parser_initialize(&reading.parser))
        return error_no_memory(builder->error);
    /* Not UTF-16, which libyaml would detect by itself, as it would a byte order mark. */
    yaml_parser_set_encoding(&reading.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &reading.parser, (const unsigned char *)(text.length ? text.data : ""), text.length);
    bool is_read = read_events(&reading);
    yaml_parser_delete(&reading.parser);
    return is_read;
}

struct yaml_tree *yaml_parse(struct slice text, const char *name, struct error *error)
{
    return yaml_tree_build(text, name, read_text, error);
}

void yaml_tree_free(struct yaml_tree *tree)
{
    if (!tree)
        return;
    arena_release(&tree->arena);
    free(tree);
}

const struct yaml_node *yaml_root(const struct yaml_tree *tree)
{
    return tree->root;
}

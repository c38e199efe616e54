/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An inspection as manifest-tool prints it: its labels, its columns, its plurals and its colours.
 *
 * That tool stops at an index within an index and has no words for a child that is missing. Here a
 * nested index shows its entries as [2.1], [2.2], and what is missing says so behind ">>>", as that
 * tool's line on attestations does.
 */
#include "base/escape.h"
#include "manifest/inspected.h"

enum colour {
    RED = 31, /* counts, and what is wrong */
    GREEN,    /* names, types, platforms */
    YELLOW,   /* digests */
    BLUE      /* sizes */
};

struct text {
    struct buffer *out;
    enum inspection_paint paint;
    struct walk walk;
};

/* -- pieces --------------------------------------------------------------------------------- */

static void plain(struct text *text, const char *words)
{
    (void)buffer_append_string(text->out, words);
}

/* Bold, and each attribute is taken back by itself: so does the reference's colour library, which
 * paints empty words too. */
static void begin_colour(struct text *text, enum colour colour)
{
    if (text->paint == INSPECTION_COLOURED)
        (void)buffer_format(text->out, "\x1b[1;%dm", (int)colour);
}

static void end_colour(struct text *text)
{
    if (text->paint == INSPECTION_COLOURED)
        plain(text, "\x1b[22;0m");
}

/* `words` are safe for a terminal. */
static void coloured(struct text *text, enum colour colour, struct slice words)
{
    begin_colour(text, colour);
    (void)buffer_append_slice(text->out, words);
    end_colour(text);
}

/* `words` are a registry's (rule S20). */
static void foreign(struct text *text, enum colour colour, const char *words)
{
    coloured(text, colour, slice_from_string(ESCAPED(slice_from_string(words))));
}

static void coloured_number(struct text *text, enum colour colour, int64_t value)
{
    begin_colour(text, colour);
    (void)buffer_append_integer(text->out, value);
    end_colour(text);
}

static void counted(struct text *text, size_t count, const char *one, const char *many)
{
    coloured_number(text, RED, (int64_t)count);
    plain(text, count > 1 ? many : one);
}

/* Begins a line on a child: "[2]", or within a nested index "[2.1]". */
static void label(struct text *text, const char *words)
{
    (void)buffer_append_char(text->out, '[');
    for (size_t i = 0; i + 1 < text->walk.level; i++) {
        plain(text, i ? "." : "");
        (void)buffer_append_integer(text->out, (int64_t)text->walk.next[i]);
    }
    (void)buffer_append_char(text->out, ']');
    plain(text, words);
}

static void labelled(struct text *text, const char *words, enum colour colour, const char *value)
{
    label(text, words);
    foreign(text, colour, value);
    plain(text, "\n");
}

static void labelled_if(struct text *text, const char *words, const char *value)
{
    if (*value)
        labelled(text, words, GREEN, value);
}

/* "     layer 01: digest = sha256:..." */
static void write_layer(struct text *text, const char *indent, size_t index,
                        const struct descriptor *layer)
{
    plain(text, indent);
    plain(text, "layer ");
    begin_colour(text, RED);
    (void)buffer_format(text->out, "%02zu", index + 1);
    end_colour(text);
    plain(text, ": digest = ");
    foreign(text, YELLOW, layer->digest.text);
    plain(text, "\n");
}

static void write_problem(struct text *text, const struct inspected *node)
{
    plain(text, "       >>> ");
    coloured(text, RED, slice_from_string(node->problem));
    plain(text, "\n");
}

/* -- an index ------------------------------------------------------------------------------- */

static void write_contents(struct text *text, const struct inspected *index)
{
    size_t count = index->manifest->entry_count;
    size_t attestations = 0;

    for (size_t i = 0; i < count; i++)
        attestations += index->manifest->entries[i].is_attestation;
    plain(text, " * Contains ");
    coloured_number(text, RED, (int64_t)count);
    plain(text, " manifest references (");
    counted(text, count - attestations, " image, ", " images, ");
    counted(text, attestations, " attestation):\n", " attestations):\n");
}

/* The name is a reference, which has no letters that a terminal minds. */
static void write_name(struct text *text, const char *words, const struct inspected *node,
                       struct slice name)
{
    plain(text, words);
    coloured(text, GREEN, name);
    plain(text, " (Type: ");
    foreign(text, GREEN, node->media_type);
    plain(text, ")\n");
}

static void write_index(struct text *text, const struct inspected *index, struct slice name)
{
    write_name(text, "Name:   ", index, name);
    plain(text, "Digest: ");
    foreign(text, YELLOW, index->digest.text);
    plain(text, "\n");
    write_contents(text, index);
}

/* -- its children --------------------------------------------------------------------------- */

/* What the reference says behind an attestation's type. */
static const char *attestation_note(const struct inspected *child)
{
    struct slice type =
        json_get_string(json_get(child->entry->json, "annotations"), "vnd.docker.reference.type");
    return slice_equal_string(type, "attestation-manifest")
               ? " (vnd.docker.reference.type=attestation-manifest)"
               : "";
}

static void write_descriptor(struct text *text, const struct inspected *child)
{
    label(text, "     Type: ");
    foreign(text, GREEN, child->media_type);
    foreign(text, GREEN, attestation_note(child));
    plain(text, "\n");
    labelled(text, "   Digest: ", YELLOW, child->digest.text);
    label(text, "   Length: ");
    coloured_number(text, BLUE, child->size);
    plain(text, "\n");
}

/* As Go prints a list of strings. */
static void write_features(struct text *text, const struct platform *platform)
{
    if (platform->os_feature_count == 0)
        return;
    label(text, "    - OS Feat: ");
    begin_colour(text, GREEN);
    for (size_t i = 0; i < platform->os_feature_count; i++) {
        plain(text, i ? " " : "[");
        plain(text, ESCAPED(slice_from_string(platform->os_features[i])));
    }
    plain(text, "]");
    end_colour(text);
    plain(text, "\n");
}

static void write_platform(struct text *text, const struct platform *platform)
{
    label(text, " Platform:\n");
    if (!platform) {
        label(text, "    -      (no platform specified)\n");
        return;
    }
    labelled(text, "    -      OS: ", GREEN, platform->os);
    labelled_if(text, "    - OS Vers: ", platform->os_version);
    write_features(text, platform);
    labelled(text, "    -    Arch: ", GREEN, platform->architecture);
    labelled_if(text, "    - Variant: ", platform->variant);
}

static void write_layers(struct text *text, const struct manifest *manifest)
{
    label(text, " # Layers: ");
    coloured_number(text, RED, (int64_t)manifest->layer_count);
    plain(text, "\n");
    for (size_t i = 0; i < manifest->layer_count; i++) {
        write_layer(text, "     ", i, &manifest->layers[i]);
        plain(text, "                 type = ");
        foreign(text, GREEN, manifest->layers[i].media_type);
        plain(text, "\n");
    }
}

static void write_image_child(struct text *text, const struct inspected *child)
{
    const struct platform *platform = inspected_platform(child);
    struct slice attested = inspected_attests(child);

    if (attested.length) {
        labelled(text, "       >>> Attestation for digest: ", YELLOW, attested.data);
    } else {
        if (platform || child->manifest)
            write_platform(text, platform);
        if (child->manifest)
            write_layers(text, child->manifest);
    }
    if (*child->problem) {
        label(text, "");
        write_problem(text, child);
    }
    plain(text, "\n");
}

static void write_child(struct text *text, const struct inspected *child)
{
    write_descriptor(text, child);
    if (inspected_is_index(child)) {
        label(text, "");
        write_contents(text, child);
    } else if (child->manifest || *child->problem) {
        write_image_child(text, child);
    } else {
        plain(text, "Unknown media type for further display: ");
        plain(text, ESCAPED(slice_from_string(child->media_type)));
        plain(text, "\n");
    }
}

/* -- a lone image --------------------------------------------------------------------------- */

/* The reference gives no variant and no version here, and its readers know the lines. */
static void write_image(struct text *text, const struct inspected *node, struct slice name)
{
    const struct platform none = {.os = "", .architecture = ""};
    const struct platform *platform = node->image ? &node->image->platform : &none;

    write_name(text, "Name: ", node, name);
    plain(text, "      Digest: ");
    foreign(text, YELLOW, node->digest.text);
    plain(text, "\n        Size: ");
    coloured_number(text, BLUE, node->size);
    plain(text, "\n          OS: ");
    foreign(text, GREEN, platform->os);
    plain(text, "\n        Arch: ");
    foreign(text, GREEN, platform->architecture);
    plain(text, "\n    # Layers: ");
    coloured_number(text, RED, (int64_t)node->manifest->layer_count);
    plain(text, "\n");
    for (size_t i = 0; i < node->manifest->layer_count; i++)
        write_layer(text, "      ", i, &node->manifest->layers[i]);
    if (*node->problem)
        write_problem(text, node);
}

bool inspection_write_text(const struct inspection *inspection, const struct inspection_view *view,
                           struct buffer *out)
{
    const struct inspected *root = &inspection->root;
    struct text text = {
        .out = out,
        .paint = view->paint,
        .walk = walk_begin(root, view->platform),
    };

    if (inspected_is_index(root))
        write_index(&text, root, view->image);
    else
        write_image(&text, root, view->image);
    for (enum walk_step step; (step = walk_next(&text.walk)) != WALK_END;)
        if (step == WALK_ENTER && text.walk.node != root)
            write_child(&text, text.walk.node);
    return buffer_ok(out);
}

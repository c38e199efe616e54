/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fleet.h"

#include <stdlib.h>

#include "cli/pods.h"
#include "manifest/manifest.h"

enum {
    FIRST_ROOM = 64,
    KEY_MAX = 2 * REFERENCE_MAX
};

static struct slice image_key(const struct map_node *node)
{
    return slice_from_string(MAP_ITEM_CONST(node, struct fleet_image, node)->key);
}

static void fleet_image_free(struct fleet_image *image)
{
    answer_release(&image->answer);
    reference_free(image->reference);
    free(image->name);
    free(image->key);
    free(image);
}

void fleet_init(struct fleet *fleet)
{
    *fleet = (struct fleet){0};
    map_init(&fleet->known, image_key);
}

void fleet_release(struct fleet *fleet)
{
    map_release(&fleet->known);
    for (size_t i = 0; i < fleet->count; i++)
        fleet_image_free(fleet->images[i]);
    free(fleet->images);
    free(fleet->names);
    fleet_init(fleet);
}

/* -- one image ------------------------------------------------------------------------------ */

/* What would be asked for: beside a digest the tag means nothing (R9). What is no reference is
 * itself. NULL: no memory. */
static char *write_key(const struct fleet_image *image)
{
    const struct reference *reference = image->reference;
    struct buffer key = BUFFER_INIT(KEY_MAX);

    if (!reference)
        return strdup(image->name);
    (void)buffer_format(&key, "%s/%s%c%s", reference->registry, reference->repository,
                        reference->digest ? '@' : ':', reference_target(reference));
    char *text = buffer_ok(&key) ? buffer_take(&key) : NULL;
    buffer_release(&key);
    return text;
}

static struct fleet_image *fleet_image_new(struct slice name)
{
    struct fleet_image *image = calloc(1, sizeof(*image));

    if (!image)
        return NULL;
    image->name = slice_copy(name);
    image->reference = reference_parse(name, &image->error);
    image->key = image->name ? write_key(image) : NULL;
    if (image->key)
        return image;
    fleet_image_free(image);
    return NULL;
}

static bool make_room(struct fleet *fleet)
{
    size_t room = fleet->room ? 2 * fleet->room : FIRST_ROOM;

    if (fleet->count < fleet->room)
        return true;
    struct fleet_image **images = realloc(fleet->images, room * sizeof(struct fleet_image *));
    if (!images)
        return false;
    fleet->images = images;
    char **names = realloc(fleet->names, room * sizeof(*names));
    if (!names)
        return false;
    fleet->names = names;
    fleet->room = room;
    return true;
}

bool fleet_add(struct fleet *fleet, struct slice name, struct error *error)
{
    struct fleet_image *image = fleet_image_new(name);

    if (!image)
        return error_no_memory(error);
    if (map_find(&fleet->known, slice_from_string(image->key))) {
        fleet_image_free(image);
        return true;
    }
    if (fleet->count == FLEET_MAX) {
        fleet_image_free(image);
        return error_set(error, ERROR_TOO_LARGE, "more than %d images", FLEET_MAX);
    }
    if (!make_room(fleet) || !map_insert(&fleet->known, &image->node)) {
        fleet_image_free(image);
        return error_no_memory(error);
    }
    fleet->names[fleet->count] = image->name;
    fleet->images[fleet->count++] = image;
    return true;
}

/* -- many of them --------------------------------------------------------------------------- */

/* A '#' within a word is no comment: it is no image either, and the audit says so. */
static struct slice without_comment(struct slice line)
{
    for (size_t i = 0; i < line.length; i++) {
        bool is_first = i == 0 || line.data[i - 1] == ' ' || line.data[i - 1] == '\t';
        if (line.data[i] == '#' && is_first)
            return slice_until(line, i);
    }
    return line;
}

static bool read_lines(struct fleet *fleet, struct slice text, struct error *error)
{
    while (text.length > 0) {
        struct slice name = slice_trim(without_comment(slice_take_part(&text, '\n')));
        if (name.length > 0 && !fleet_add(fleet, name, error))
            return false;
    }
    return true;
}

static bool add(void *context, struct slice image, struct error *error)
{
    return fleet_add(context, image, error);
}

bool fleet_read(struct fleet *fleet, struct slice text, struct error *error)
{
    text = slice_without_mark(text);
    if (!slice_starts_with(slice_trim(text), SLICE("{")))
        return read_lines(fleet, text, error);
    return pods_each_image(text, add, fleet, error);
}

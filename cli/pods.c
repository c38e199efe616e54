/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster's list is far longer than a document may be, but none of its objects is: they are read
 * one after the other.
 */
#include "cli/pods.h"

#include "data/json.h"
#include "data/json_items.h"

enum {
    PATH_MAX_LENGTH = 5
};

/* Where an object may have a pod's specification. */
static const char *const spec_paths[][PATH_MAX_LENGTH + 1] = {
    {"spec"},                                            /* Pod */
    {"spec", "template", "spec"},                        /* Deployment, StatefulSet, Job, ... */
    {"spec", "jobTemplate", "spec", "template", "spec"}, /* CronJob */
    {"template", "spec"},                                /* PodTemplate */
};

static const char *const container_lists[] = {"initContainers", "containers",
                                              "ephemeralContainers"};

struct walk {
    pods_image_function visit;
    void *context;
};

static const struct json *follow(const struct json *object, const char *const *path)
{
    for (; *path; path++)
        object = json_get(object, *path);
    return object;
}

/* A template may leave the image to something that fills it in later. */
static bool walk_containers(const struct walk *walk, const struct json *list, struct error *error)
{
    for (size_t i = 0; i < json_count(list); i++) {
        struct slice image = json_get_string(json_at(list, i), "image");
        if (image.length > 0 && !walk->visit(walk->context, image, error))
            return false;
    }
    return true;
}

static bool walk_object(const struct walk *walk, const struct json *object, struct error *error)
{
    for (size_t i = 0; i < sizeof(spec_paths) / sizeof(spec_paths[0]); i++) {
        const struct json *spec = follow(object, spec_paths[i]);
        for (size_t j = 0; j < sizeof(container_lists) / sizeof(container_lists[0]); j++) {
            if (!walk_containers(walk, json_get(spec, container_lists[j]), error))
                return false;
        }
    }
    return true;
}

static bool walk_text(void *context, struct slice text, struct error *error)
{
    const struct walk *walk = context;

    if (text.data[0] != '{')
        return true; /* an item that is no object runs nothing */
    CLEANUP(json_free_p) struct json *object = json_parse(text, error);
    return object && walk_object(walk, object, error);
}

bool pods_each_image(struct slice text, pods_image_function visit, void *context,
                     struct error *error)
{
    struct walk walk = {.visit = visit, .context = context};
    struct json_items items = {.name = "items", .visit = walk_text, .context = &walk};

    if (!json_each_item(text, &items, error))
        return false;
    return items.is_there || walk_text(&walk, slice_trim(text), error);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The images that Kubernetes objects run, as `kubectl get ... -o json` prints them: of pods, and of
 * whatever makes pods.
 */
#ifndef CLI_PODS_H
#define CLI_PODS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* `image` is as written, and borrowed for the call. False, with the error filled, ends the walk. */
typedef bool (*pods_image_function)(void *context, struct slice image, struct error *error);

/* Visits the image of every container, of init and ephemeral ones too, in the order written; an
 * object is a list's item, or the whole text. Errors: invalid (no JSON), too_large (one object
 * alone is), internal, and whatever `visit` says. */
bool pods_each_image(struct slice text, pods_image_function visit, void *context,
                     struct error *error) MUST_USE;

#endif

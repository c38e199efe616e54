/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a push asks for, from a file or from the command line itself.
 */
#ifndef CLI_SPEC_SOURCE_H
#define CLI_SPEC_SOURCE_H

#include "manifest/spec.h"

struct options;

/* Each makes the spec of its command; the caller frees. Errors: invalid (the flag, operand or place
 * in the file, and what is wrong with it), too_large, internal. */
struct spec *spec_from_file(const struct options *options, struct error *error) MUST_USE;
struct spec *spec_from_template(const struct options *options, struct error *error) MUST_USE;
struct spec *spec_from_images(const struct options *options, struct error *error) MUST_USE;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/repository.h"

#include "base/escape.h"
#include "manifest/manifest.h"

struct reference *repository_operand(const struct options *options, const char *command,
                                     struct error *error)
{
    if (options->operand_count != 1) {
        (void)error_set(error, ERROR_INVALID,
                        "%s wants one repository, such as localhost:5000/lab/test", command);
        return NULL;
    }
    struct slice text = slice_from_string(options->operands[0]);
    CLEANUP(reference_free_p) struct reference *repository = reference_parse(text, error);
    if (!repository)
        return NULL;
    if (repository->tag || repository->digest) {
        (void)error_set(error, ERROR_INVALID, "'%s' is an image; name the repository alone",
                        ESCAPED(text));
        return NULL;
    }
    return TAKE(repository);
}

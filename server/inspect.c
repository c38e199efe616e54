/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /inspect: everything about an image. What was read is kept while its reference means the same
 * digest, which costs a HEAD to find out; so every platform and spelling of it is answered without
 * asking for its documents again.
 */
#include "registry/inspect.h"

#include "server/cache.h"
#include "server/lookup_kind.h"
#include "server/question.h"

static struct report *inspect_ask(struct registry *registry,
                                  const struct registry_question *question, struct error *error)
{
    struct error unconfirmed = {.code = ERROR_NONE};

    if (question->held && registry_confirms(registry, question, &unconfirmed))
        return report_ref(question->held);
    if (unconfirmed.code != ERROR_NONE) {
        *error = unconfirmed;
        return NULL;
    }
    struct inspection *inspection = registry_inspect(registry, question, INSPECT_CONFIGS, error);
    return inspection ? report_of_inspection(inspection, error) : NULL;
}

static void inspect_write(const struct question *question, const struct cache_finding *finding,
                          struct buffer *out)
{
    const struct inspection_view view = {
        .image = buffer_slice(&question->image),
        .platform = question->asked,
    };

    (void)(question->is_text ? inspection_write_text
                             : inspection_write_json)(finding->report->inspection, &view, out);
}

const struct lookup_kind lookup_inspect_kind = {
    .name = "inspect",
    .mark = "i",
    .ask = inspect_ask,
    .write = inspect_write,
};

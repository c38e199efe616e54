/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An inspection that is kept and shared, as a report is.
 */
#include "manifest/inspected.h"

enum {
    /* Bytes of memory a document takes for each byte of its text: measured with json-c, manifests
     * take seven to nine, configurations four. */
    PARSED_WEIGHT = 8
};

static int64_t weigh(const struct inspected *node)
{
    int64_t text = 0;

    if (node->manifest)
        text += node->size;
    if (node->manifest && node->image)
        text += node->manifest->config.size;
    return (int64_t)sizeof(*node) + text * PARSED_WEIGHT;
}

static struct report *make(const struct inspection *inspection, struct error *error)
{
    const struct inspected *root = &inspection->root;
    struct walk walk = walk_begin(root, NULL);
    int64_t weight = 0;

    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();
    if (!builder) {
        (void)error_no_memory(error);
        return NULL;
    }
    report_mark_local(builder);
    for (enum walk_step step; (step = walk_next(&walk)) != WALK_END;) {
        if (step != WALK_ENTER)
            continue;
        weight += weigh(walk.node);
        if (*walk.node->problem)
            report_mark_partial(builder);
    }
    struct report *report = report_builder_finish(builder, &root->digest, root->media_type,
                                                  inspected_is_index(root), error);
    if (report)
        report->size += (uint32_t)(weight < UINT32_MAX / 2 ? weight : UINT32_MAX / 2);
    return report;
}

struct report *report_of_inspection(struct inspection *inspection, struct error *error)
{
    struct report *report = make(inspection, error);

    if (report)
        report->inspection = inspection;
    else
        inspection_free(inspection);
    return report;
}

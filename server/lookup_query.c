/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /query: which platforms an image offers.
 */
#include "registry/registry.h"
#include "server/cache.h"
#include "server/lookup_kind.h"
#include "server/question.h"

static void write_platforms(const struct question *question, const struct cache_finding *finding,
                            struct buffer *out)
{
    const struct report_view view = {.image = buffer_slice(&question->image),
                                     .confirmed = finding->confirmed,
                                     .asked = question->asked,
                                     .is_stale = finding->state != CACHE_FRESH};

    (void)(question->is_text ? report_write_text : report_write_json)(finding->report, &view, out);
}

const struct lookup_kind lookup_query_kind = {
    .name = "query",
    .mark = "",
    .ask = registry_query,
    .write = write_platforms,
    .shares_reports = true,
};

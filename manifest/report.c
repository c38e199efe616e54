/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report: which platforms one digest offers. Immutable and shared; report_builder.c makes it,
 * report_json.c and report_text.c write it.
 */
#include "manifest/report.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "manifest/inspection.h"
#include "manifest/manifest.h"

struct report *report_ref(struct report *report)
{
    (void)atomic_fetch_add_explicit(&report->references, 1, memory_order_relaxed);
    return report;
}

void report_unref(struct report *report)
{
    /* Whoever frees must see all that the others did before they let go. */
    if (!report || atomic_fetch_sub_explicit(&report->references, 1, memory_order_acq_rel) != 1)
        return;
    inspection_free(report->inspection);
    free(report);
}

bool report_supports(const struct report *report, const struct platform *asked)
{
    for (uint32_t i = 0; i < report->platform_count; i++)
        if (platform_equal(asked, &report->platforms[i]))
            return true;
    return false;
}

const struct platform *report_runs(const struct report *report, const struct platform *asked)
{
    ptrdiff_t found = platform_runs(asked, report->platforms, report->platform_count);
    return found < 0 ? NULL : &report->platforms[found];
}

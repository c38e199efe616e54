/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files that make and write reports owe each other.
 */
#ifndef MANIFEST_REPORT_H
#define MANIFEST_REPORT_H

struct platform;
struct report;

/* What of the report would run on the asked platform best, or NULL. Borrowed from the report. */
const struct platform *report_runs(const struct report *report, const struct platform *asked);

/* A copy of a report whose parts may lie anywhere, in one block and with one reference. NULL: no
 * memory. */
struct report *report_pack(const struct report *loose);

#endif

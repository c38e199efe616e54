/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Prometheus reads: families of samples, in its text format 0.0.4 or as OpenMetrics 1.0. Both
 * have the same series; they differ in how a family is introduced, and in the last line.
 *
 * A family is begun, and its samples follow at once; so they stand together, as both formats want.
 * Labels end with one without a name; NULL is none.
 */
#ifndef SERVER_EXPOSITION_H
#define SERVER_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum metric_kind {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_HISTOGRAM
};

struct metric_label {
    const char *name;
    const char *value;
};

/* How often something took how long. */
struct metric_distribution {
    const uint32_t *bounds; /* ms, ascending: the buckets' upper ends */
    const uint64_t *counts; /* in each bucket alone, and last those above the last bound */
    size_t bound_count;
    uint64_t sum; /* ms */
};

struct exposition {
    struct buffer *out; /* its state says whether all had room */
    bool is_open;       /* OpenMetrics */

    enum metric_kind kind; /* of the family that was begun last */
    const char *name;
};

/* The Content-Type. Static storage. */
const char *exposition_type(bool is_open);

/* `name`: borrowed until the next family; a counter's without "_total". Where it ends with
 * "_seconds" or "_bytes", that is its unit. */
void exposition_begin(struct exposition *exposition, enum metric_kind kind, const char *name,
                      const char *help);
void exposition_sample(struct exposition *exposition, const struct metric_label *labels,
                       int64_t value);
/* Of a value in thousandths: 1500 is 1.5. */
void exposition_sample_thousandths(struct exposition *exposition, const struct metric_label *labels,
                                   int64_t value);
void exposition_histogram(struct exposition *exposition, const struct metric_label *labels,
                          const struct metric_distribution *distribution);
/* After the last family. */
void exposition_end(struct exposition *exposition);

#endif

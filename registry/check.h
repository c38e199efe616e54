/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does this registry support multi-platform images? `mquery check-registry` and POST /check.
 *
 * Tiny images are made up, pushed, mounted across repositories and listed in all the ways that
 * lists come in; everything is read back, and removed again where the registry allows it.
 */
#ifndef REGISTRY_CHECK_H
#define REGISTRY_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "registry/registry.h"

enum check_verdict {
    CHECK_SUPPORTED,
    CHECK_REFUSED, /* `detail` says how */
    CHECK_UNTRIED  /* something it needs was refused before */
};

enum {
    CHECK_ROWS_MAX = 24,
    CHECK_DETAIL_SIZE = 256,
    CHECK_LEFT_MAX = 64
};

struct check_row {
    const char *name;  /* "oci_index_by_tag"; static storage */
    const char *title; /* "OCI index, pushed by tag and read back"; static storage */
    enum check_verdict verdict;
    char detail[CHECK_DETAIL_SIZE]; /* "405 UNSUPPORTED: ..." ; safe for a terminal */
};

struct registry_check {
    const struct reference *repository; /* neither tag nor digest matters */
    const struct credential *credential;
    bool no_operator_credentials; /* as registry_push's */
    int64_t deadline;
    unsigned retries;
};

struct check_report {
    struct check_row rows[CHECK_ROWS_MAX];
    size_t count;
    bool takes_docker_lists;
    bool takes_oci_indexes;
    char *
        left[CHECK_LEFT_MAX]; /* what could not be removed: "repository:tag", "repository@digest" */
    size_t left_count;
};

/* False where nothing could be found out at all. Errors: invalid, forbidden, denied, rate_limited,
 * upstream, timeout, draining, internal. The caller releases `out` in any case. */
bool registry_check(struct registry *registry, const struct registry_check *check,
                    struct check_report *out, struct error *error) MUST_USE;
void check_report_release(struct check_report *report);

/* A table for a terminal; the same as one JSON object, without a final newline. */
bool check_write_text(const struct check_report *report, const struct reference *repository,
                      struct buffer *out);
bool check_write_json(const struct check_report *report, const struct reference *repository,
                      struct buffer *out);

#endif

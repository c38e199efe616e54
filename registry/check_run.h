/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a check, for its own files: check.c (the table of steps and their order),
 * check_steps.c (what each step does), check_remove.c (leaving nothing behind).
 */
#ifndef REGISTRY_CHECK_RUN_H
#define REGISTRY_CHECK_RUN_H

#include "registry/check.h"
#include "registry/check_images.h"
#include "registry/session.h"

enum {
    CHECK_NAME_SIZE = 32,
    CHECK_TAG_SIZE = 64,
    CHECK_MADE_MAX = 16,
    CHECK_BLOBS_MAX = 8
};

enum check_step {
    STEP_BLOBS,
    STEP_MOUNT,
    STEP_DOCKER_IMAGES,
    STEP_OCI_IMAGES,
    STEP_DOCKER_LIST,
    STEP_OCI_INDEX,
    STEP_ANNOTATED,
    STEP_NESTED,
    STEP_MIXED,
    STEP_BY_DIGEST,
    STEP_RETAG,
    STEP_COUNT
};

/* Something pushed that is to be removed. */
struct check_made {
    const struct check_document *document;
    char tag[CHECK_TAG_SIZE]; /* "": by digest alone */
};

struct check_blob {
    const struct check_document *document;
    bool is_in_other; /* in the other repository */
};

struct check_run {
    struct registry *registry;
    const struct registry_check *check;
    struct check_report *report;
    char name[CHECK_NAME_SIZE]; /* of this run: what its tags begin with */
    struct session session;
    struct buffer other_repository; /* what the mounted blob comes from */
    struct session other;
    struct check_images images;
    struct check_document lists[STEP_COUNT]; /* by the step that pushes it */
    struct check_made made[CHECK_MADE_MAX];  /* manifests, in the order they were pushed */
    size_t made_count;
    struct check_blob blobs[CHECK_BLOBS_MAX]; /* uploaded or mounted */
    size_t blob_count;
};

/* -- check_steps.c: false, and the error says how the registry refused ----------------------- */

bool check_blobs(struct check_run *run, struct error *error) MUST_USE;
bool check_mount(struct check_run *run, struct error *error) MUST_USE;
bool check_docker_images(struct check_run *run, struct error *error) MUST_USE;
bool check_oci_images(struct check_run *run, struct error *error) MUST_USE;
bool check_docker_list(struct check_run *run, struct error *error) MUST_USE;
bool check_oci_index(struct check_run *run, struct error *error) MUST_USE;
bool check_annotated(struct check_run *run, struct error *error) MUST_USE;
bool check_nested(struct check_run *run, struct error *error) MUST_USE;
bool check_mixed(struct check_run *run, struct error *error) MUST_USE;
bool check_by_digest(struct check_run *run, struct error *error) MUST_USE;
bool check_retag(struct check_run *run, struct error *error) MUST_USE;

/* -- check_remove.c ------------------------------------------------------------------------- */

/* Removes what was pushed, in time of its own, and adds the row that says whether that can be
 * done. */
void check_remove(struct check_run *run);

/* -- check.c -------------------------------------------------------------------------------- */

bool check_open_session(const struct check_run *run, const char *repository, const char *actions,
                        int64_t deadline, struct session *out, struct error *error) MUST_USE;
struct check_row *check_add_row(struct check_report *report, const char *name, const char *title);
void check_set_detail(struct check_row *row, enum check_verdict verdict, const char *detail);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of a registry: a table of steps, each one thing that multi-platform images need. What
 * is refused is a row of the report, not an error; only what would make every further row a guess
 * (no access, no connection, no time) ends the check. Whatever was pushed is removed at the end.
 */
#include "registry/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "registry/check_run.h"

/* -- the table ------------------------------------------------------------------------------ */

#define AFTER(step) (1U << (step))

static const struct {
    const char *name;
    const char *title;
    bool (*try)(struct check_run *run, struct error *error);
    unsigned needs; /* one of these steps, if any is named */
} steps[STEP_COUNT] = {
    [STEP_BLOBS] = {"blobs", "blobs: a layer and two configs, uploaded", check_blobs, 0},
    [STEP_MOUNT] = {"mount", "a blob mounted from another repository", check_mount, 0},
    [STEP_DOCKER_IMAGES] = {"docker_images", "Docker images, pushed by digest", check_docker_images,
                            0},
    [STEP_OCI_IMAGES] = {"oci_images", "OCI images, pushed by digest", check_oci_images, 0},
    [STEP_DOCKER_LIST] = {"docker_list", "Docker manifest list, read back by tag and digest",
                          check_docker_list, AFTER(STEP_DOCKER_IMAGES)},
    [STEP_OCI_INDEX] = {"oci_index", "OCI index, read back by tag and digest", check_oci_index,
                        AFTER(STEP_OCI_IMAGES)},
    [STEP_ANNOTATED] = {"oci_annotated", "OCI index with annotations", check_annotated,
                        AFTER(STEP_OCI_INDEX)},
    [STEP_NESTED] = {"oci_nested", "OCI index inside an OCI index", check_nested,
                     AFTER(STEP_OCI_INDEX)},
    [STEP_MIXED] = {"oci_mixed", "OCI index of Docker images", check_mixed, AFTER(STEP_OCI_INDEX)},
    [STEP_BY_DIGEST] = {"list_by_digest", "a list pushed by digest, without a tag", check_by_digest,
                        AFTER(STEP_DOCKER_LIST) | AFTER(STEP_OCI_INDEX)},
    [STEP_RETAG] = {"retag", "the same list under a second tag", check_retag,
                    AFTER(STEP_DOCKER_LIST) | AFTER(STEP_OCI_INDEX)},
};

/* -- rows ----------------------------------------------------------------------------------- */

struct check_row *check_add_row(struct check_report *report, const char *name, const char *title)
{
    struct check_row *row = &report->rows[report->count++];

    *row = (struct check_row){.name = name, .title = title, .verdict = CHECK_SUPPORTED};
    return row;
}

void check_set_detail(struct check_row *row, enum check_verdict verdict, const char *detail)
{
    row->verdict = verdict;
    (void)snprintf(row->detail, sizeof(row->detail), "%s", detail);
}

/* -- running the steps ---------------------------------------------------------------------- */

/* After these nothing that follows would tell about the registry. */
static const bool ends_the_check[ERROR_CODE_COUNT] = {
    [ERROR_INVALID] = true,    [ERROR_UNAUTHORIZED] = true, [ERROR_FORBIDDEN] = true,
    [ERROR_OVERLOADED] = true, [ERROR_RATE_LIMITED] = true, [ERROR_DRAINING] = true,
    [ERROR_TIMEOUT] = true,    [ERROR_INTERNAL] = true,
};

static bool run_step(struct check_run *run, enum check_step step, struct error *error)
{
    struct check_row *row = check_add_row(run->report, steps[step].name, steps[step].title);
    unsigned needs = steps[step].needs;
    bool is_possible = needs == 0;

    for (unsigned other = 0; other < step; other++)
        is_possible = is_possible ||
                      (needs & AFTER(other) && run->report->rows[other].verdict == CHECK_SUPPORTED);
    if (!is_possible) {
        check_set_detail(row, CHECK_UNTRIED, "what it needs was refused");
        return true;
    }
    if (steps[step].try(run, error))
        return true;
    check_set_detail(row, CHECK_REFUSED, error->message);
    /* Without blobs there is nothing. */
    return step != STEP_BLOBS && !ends_the_check[error->code];
}

static bool run_steps(struct check_run *run, struct error *error)
{
    for (enum check_step step = 0; step < STEP_COUNT; step++) {
        if (!run_step(run, step, error))
            return false;
    }
    return true;
}

/* -- the check ------------------------------------------------------------------------------ */

static bool name_run(struct check_run *run, struct error *error)
{
    uint32_t number;

    if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
        return error_set(error, ERROR_INTERNAL, "there are no random numbers");
    (void)snprintf(run->name, sizeof(run->name), "mquery-check-%08x", (unsigned)number);
    (void)buffer_format(&run->other_repository, "%s-mquery-check",
                        run->check->repository->repository);
    return buffer_check(&run->other_repository, "the repository's name", error);
}

bool check_open_session(const struct check_run *run, const char *repository, const char *actions,
                        int64_t deadline, struct session *out, struct error *error)
{
    const struct session_wish wish = {
        .registry = run->check->repository->registry,
        .repository = repository,
        .credential = run->check->credential,
        .actions = actions,
        .deadline = deadline,
        .retries = run->check->retries,
        .is_push = true,
        .no_operator_credentials = run->check->no_operator_credentials,
    };

    return session_open(run->registry, &wish, out, error);
}

static void run_release(struct check_run *run)
{
    session_close(&run->session);
    session_close(&run->other);
    buffer_release(&run->other_repository);
    check_images_release(&run->images);
    for (size_t i = 0; i < STEP_COUNT; i++)
        check_document_release(&run->lists[i]);
}

bool registry_check(struct registry *registry, const struct registry_check *check,
                    struct check_report *out, struct error *error)
{
    *out = (struct check_report){0};
    CLEANUP(run_release)
    struct check_run run = {.registry = registry,
                            .check = check,
                            .report = out,
                            .other_repository = BUFFER_INIT(REFERENCE_MAX)};
    const char *repository = check->repository->repository;
    static const char actions[] = "pull,push";

    if (!name_run(&run, error) || !check_images_make(&run.images, run.name, error) ||
        !check_open_session(&run, repository, actions, check->deadline, &run.session, error) ||
        !check_open_session(&run, buffer_string(&run.other_repository), actions, check->deadline,
                            &run.other, error))
        return false;
    /* What the mount comes from is read by the same token (A18). */
    const char *sources[] = {buffer_string(&run.other_repository)};
    run.session.wish.mount_sources = sources;
    run.session.wish.mount_source_count = 1;
    bool is_told = run_steps(&run, error);
    check_remove(&run);
    return is_told;
}

void check_report_release(struct check_report *report)
{
    for (size_t i = 0; i < report->left_count; i++)
        free(report->left[i]);
    *report = (struct check_report){0};
}

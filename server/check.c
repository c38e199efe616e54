/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /check?repository=REGISTRY/REPOSITORY: what registry_check() finds out, for whoever may push
 * there.
 */
#include "registry/check.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/map.h"
#include "server/access.h"
#include "server/asker.h"
#include "server/push_core.h"
#include "server/registry_auth.h"
#include "server/response.h"
#include "server/snapshot.h"

enum {
    ANSWER_MAX = 64 * 1024,
    CHECK_QUESTIONS = 10 /* it asks about sixty times, as a push of that size may */
};

struct check {
    struct job job;
    struct pushes *pushes;
    struct request *request;
    struct credential *credential; /* the caller's own, or NULL */
    struct buffer name;            /* the repository, as asked for */
    struct reference *repository;
};

static void check_free(struct check *check)
{
    credential_free(check->credential);
    reference_free(check->repository);
    buffer_release(&check->name);
    (void)atomic_fetch_sub(&check->pushes->count, 1);
    free(check);
}

/* Answers, and frees. `error`: NULL where there is a response without one. */
static void check_end(struct check *check, struct response *response, const struct error *error)
{
    const struct access_push line = {.action = "check", .target = buffer_slice(&check->name)};

    response = request_tell_allowance(check->request, response);
    access_log_push(&request_config(check->request)->log, check->request, &line, response->status,
                    error);
    request_respond(check->request, response);
    check_free(check);
}

static void check_fail(struct check *check, const struct error *error)
{
    check_end(check, response_from_error(error), error);
}

static bool check_do(const struct check *check, struct check_report *report, struct error *error)
{
    const struct registry_check wish = {
        .repository = check->repository,
        .credential = check->credential,
        .no_operator_credentials = check->request->client.push_token == 0,
        .deadline = clock_monotonic_ms() + request_config(check->request)->push.timeout,
        .retries = PUSH_RETRIES,
    };

    if (!request_is_wanted(check->request))
        return error_set(error, ERROR_DRAINING, "the client left before its turn had come");
    return registry_check(check->request->snapshot->registry, &wish, report, error);
}

static void check_run(struct job *job)
{
    struct check *check = MAP_ITEM(job, struct check, job);
    CLEANUP(check_report_release) struct check_report report = {0};
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(ANSWER_MAX);
    struct error error;

    if (!check_do(check, &report, &error)) {
        check_fail(check, &error);
        return;
    }
    (void)check_write_json(&report, check->repository, &body);
    struct response *response = response_json(STATUS_OK, &body);
    response_set_literal(response, "Cache-Control", "no-store");
    check_end(check, response, NULL);
}

static void check_cancel(struct job *job)
{
    struct error error;

    (void)error_draining(&error);
    check_fail(MAP_ITEM(job, struct check, job), &error);
}

static bool read_repository(struct check *check, struct error *error)
{
    if (!request_optional(check->request, "repository", &check->name, error))
        return false;
    if (check->name.length == 0)
        return error_set(error, ERROR_INVALID, "which one? /check?repository=REGISTRY/REPOSITORY");
    check->repository = reference_parse(buffer_slice(&check->name), error);
    if (!check->repository)
        return false;
    if (check->repository->tag || check->repository->digest) {
        return error_set(error, ERROR_INVALID, "'%s' is an image; name the repository alone",
                         ESCAPED(buffer_slice(&check->name)));
    }
    return true;
}

static bool read_request(struct check *check, struct error *error)
{
    return pushes_identify(check->pushes, check->request, error) && read_repository(check, error) &&
           registry_auth_read(check->request, &check->credential, error);
}

/* As push_let_in(). */
static bool let_in(const struct check *check, struct error *error)
{
    const struct request *request = check->request;

    return registry_may_ask(request->snapshot->registry, check->repository->registry, error) &&
           request_charge(request, CHECK_QUESTIONS, error);
}

static bool check_start(struct check *check, struct error *error)
{
    if (!read_request(check, error) || !let_in(check, error))
        return false;
    check->job = (struct job){
        .run = check_run, .cancel = check_cancel, .registry = check->repository->registry};
    return workers_submit(pushes_lane(check->pushes, check->request)->workers, &check->job, error);
}

bool checks_admit(struct pushes *pushes, struct request *request, struct error *error)
{
    const struct access_push line = {.action = "check"};

    if (pushes_identify(pushes, request, error))
        return true;
    access_log_push(&request_config(request)->log, request, &line, response_status(error->code),
                    error);
    return false;
}

void checks_answer(struct pushes *pushes, struct request *request)
{
    struct error error;
    struct check *check = calloc(1, sizeof(*check));

    if (!check) {
        (void)error_no_memory(&error);
        request_fail(request, &error);
        return;
    }
    *check =
        (struct check){.pushes = pushes, .request = request, .name = BUFFER_INIT(REFERENCE_MAX)};
    (void)atomic_fetch_add(&pushes->count, 1);
    if (!check_start(check, &error))
        check_fail(check, &error);
}

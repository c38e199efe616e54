/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error answers: the first byte chooses the status, the rest is the body, and is read as a
 * Retry-After too.
 */
#include <string.h>

#include "registry/problem.h"
#include "tests/fuzz/fuzz.h"

static void check_problem(long status, struct slice body)
{
    struct error error = {0};

    problem_describe(status, body, "manifest of 'docker.io/a/b:c'", &error);
    struct slice message = slice_from_string(error.message);
    must(error.code != ERROR_NONE && message.length < sizeof(error.message) - 1);
    must(error.code != ERROR_DENIED || !strcasestr(error.message, "not found"));
    for (size_t i = 0; i < message.length; i++)
        must((unsigned char)message.data[i] >= ' ');
    (void)problem_is_expiry(status, body);
    (void)problem_is_retryable(status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const long statuses[] = {400, 401, 403, 404, 429, 500, 503};
    struct slice text = fuzz_input(data, size);

    if (size == 0)
        return 0;
    struct slice body = slice_from(text, 1);
    check_problem(statuses[data[0] % (sizeof(statuses) / sizeof(statuses[0]))], body);

    int64_t wait = problem_retry_after(body, 0);
    must(wait >= -1 && wait <= INT64_C(366) * 24 * 3600 * 1000);
    return 0;
}

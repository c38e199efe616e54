/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fail_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    ALLOCATIONS_MAX = 100000 /* a scenario that wants more never ends */
};

static bool is_counting;
static size_t seen;
static size_t failing;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t length);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);

static bool is_refused(void)
{
    return is_counting && seen++ == failing;
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return is_refused() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return is_refused() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t length)
{
    return is_refused() ? NULL : __real_strndup(text, length);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

size_t fail_alloc_sweep(fail_alloc_scenario scenario, const void *context)
{
    for (size_t number = 0; number < ALLOCATIONS_MAX; number++) {
        struct error error = {0};

        failing = number;
        seen = 0;
        is_counting = true;
        bool succeeded = scenario(context, &error);
        is_counting = false;
        if (seen <= number) {
            assert_true(succeeded);
            return number;
        }
        assert_false(succeeded);
        assert_int_equal(error.code, ERROR_INTERNAL);
    }
    fail_msg("the scenario never got enough memory");
    return 0;
}

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

/* The names that the linker's --wrap gives: calls of malloc() come to __wrap_malloc, and
 * __real_malloc is malloc(). */
void *real_malloc(size_t size) __asm__("__real_malloc");
void *real_calloc(size_t count, size_t size) __asm__("__real_calloc");
void *real_realloc(void *old, size_t size) __asm__("__real_realloc");
char *real_strdup(const char *text) __asm__("__real_strdup");
char *real_strndup(const char *text, size_t length) __asm__("__real_strndup");
void *wrapped_malloc(size_t size) __asm__("__wrap_malloc");
void *wrapped_calloc(size_t count, size_t size) __asm__("__wrap_calloc");
void *wrapped_realloc(void *old, size_t size) __asm__("__wrap_realloc");
char *wrapped_strdup(const char *text) __asm__("__wrap_strdup");
char *wrapped_strndup(const char *text, size_t length) __asm__("__wrap_strndup");

static bool is_refused(void)
{
    return is_counting && seen++ == failing;
}

void *wrapped_malloc(size_t size)
{
    return is_refused() ? NULL : real_malloc(size);
}

void *wrapped_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : real_calloc(count, size);
}

void *wrapped_realloc(void *old, size_t size)
{
    return is_refused() ? NULL : real_realloc(old, size);
}

char *wrapped_strdup(const char *text)
{
    return is_refused() ? NULL : real_strdup(text);
}

char *wrapped_strndup(const char *text, size_t length)
{
    return is_refused() ? NULL : real_strndup(text, length);
}

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

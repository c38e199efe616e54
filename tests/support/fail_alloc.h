/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes allocations of the code under test fail, one after another, so that every "no memory" path
 * is taken. Works by the linker's --wrap, and therefore sees what our own objects ask for, not what
 * shared libraries allocate inside themselves.
 */
#ifndef TESTS_SUPPORT_FAIL_ALLOC_H
#define TESTS_SUPPORT_FAIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* What is tried; it releases all it made. False, with the error filled, when it failed. */
typedef bool (*fail_alloc_scenario)(const void *context, struct error *error);

/* Runs the scenario with its allocation number 0, 1, 2, ... failing, until it needs no more of
 * them and succeeds. Asserts (cmocka) that each failure came out as an "internal" error. Returns
 * the number of allocations. Leaks are for the sanitizer to find. */
size_t fail_alloc_sweep(fail_alloc_scenario scenario, const void *context);

#endif

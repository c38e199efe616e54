/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scope-bound release of what a function uses.
 *
 *     CLEANUP(report_free_p) struct report *report = report_parse(...);
 *     if (!report)
 *         return NULL;              // nothing else to undo
 *     return TAKE(report);          // handed over: the local is NULL afterwards
 *
 * Functions that *build* an object use `goto fail` and the object's own _free instead, so that
 * the analysers see every raw allocation.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>
#include <string.h>

#define CLEANUP(function)    __attribute__((cleanup(function)))
#define MUST_USE             __attribute__((warn_unused_result))
#define PRINTF(text, values) __attribute__((format(printf, text, values)))

/* Defines NAME_p, which ends the variable it is given the address of by calling NAME. */
#define CLEANUP_DEFINE(type, name)                                  \
    /* NOLINTNEXTLINE(bugprone-macro-parentheses): a type's name */ \
    static inline void name##_p(type **slot)                        \
    {                                                               \
        name(*slot);                                                \
    }

/* Empties the pointer variable at `slot` and returns what it held. */
static inline void *take_pointer(void *slot)
{
    void *value;
    memcpy(&value, slot, sizeof(value));
    memset(slot, 0, sizeof(value));
    return value;
}

#define TAKE(pointer) take_pointer(&(pointer))

static inline void free_p(void *slot)
{
    free(take_pointer(slot));
}

#endif

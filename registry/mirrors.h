/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading from a registry's mirrors first (rule H28).
 *
 * A mirror is asked as itself: under its own settings, in the operator's name there or in nobody's,
 * never with the credentials of the registry. What it answers is verified as ever. Whatever keeps
 * it from answering, the next one is asked, and the registry itself at last, whose error it is that
 * is told. One that cannot be connected to is left alone for a while.
 */
#ifndef REGISTRY_MIRRORS_H
#define REGISTRY_MIRRORS_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"

struct registry;
struct session;
struct session_wish;

/* One whole operation in a session; called anew for each place, so it starts from nothing. */
typedef bool (*mirrors_ask_function)(struct session *session, void *context, struct error *error);

/*
 * Asks the mirrors and the registry of `wish`, in turn, until one answers. A caller with a
 * credential of its own is answered by the registry alone, which knows it. `by_digest`: it does not
 * matter what a place thinks a tag means. Errors: as session_open() and `ask`.
 */
bool mirrors_ask(struct registry *registry, const struct session_wish *wish, bool by_digest,
                 mirrors_ask_function ask, void *context, struct error *error) MUST_USE;

#endif

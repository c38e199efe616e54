/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings in force, with what was made from them: a registry that asks as they say, and the
 * tokens of the files they name (docs/architecture.md, decision 8).
 *
 * A snapshot never changes. A reload makes another one; who holds the old one (a request, a lookup
 * in flight) goes on with it to its end. Taking and giving back one is cheap and may be done by any
 * thread; all else here is the main thread's.
 */
#ifndef SERVER_SNAPSHOT_H
#define SERVER_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"
#include "config/config.h"
#include "server/gate.h"

struct certificate;
struct registry;
struct tokens_file;

struct snapshot {
    struct config *config; /* never changed */
    struct registry *registry;
    struct tokens_file *push_tokens; /* NULL: none are wanted */
    struct gate gate;
    struct certificate *certificate; /* NULL: no TLS is spoken */

    uint64_t number; /* of those that were in force one after another */

    struct list place; /* the rest is of snapshot.c alone */
    _Atomic size_t references;
    _Atomic bool is_current;
};

/* Makes what `config` asks for, which is all that can be wrong with it beyond config_load(): so
 * this is what --check-config tries, too. Takes a reference of its own to `config`. Errors: invalid
 * (a file that is named cannot be read or understood), internal. */
struct snapshot *snapshot_new(struct config *config, struct error *error) MUST_USE;
/* One that was never given to snapshots_replace(), or whose snapshots are freed. */
void snapshot_free(struct snapshot *snapshot);
CLEANUP_DEFINE(struct snapshot, snapshot_free)

/* Any thread. */
struct snapshot *snapshot_ref(struct snapshot *snapshot);
/* Any thread; frees nothing itself: the end of a registry takes a while. */
void snapshot_unref(struct snapshot *snapshot);
/* False once another has taken its place: what was learnt under it is not to be kept. Any thread.
 */
bool snapshot_is_current(const struct snapshot *snapshot);
/* Whether what the registry `host` told us under `before` may be told under `now`: it may still be
 * asked, at the same place, with the same trust, and as the same user. */
bool snapshot_agrees(const struct snapshot *now, const struct snapshot *before, const char *host);
/* Writes down what decides that, without secrets. */
bool snapshot_write_reach(const struct snapshot *snapshot, const char *host, struct buffer *out);

/* -- the one in force, and those still held ------------------------------------------------- */

struct snapshots;

/* Takes over `first`. NULL: no memory; it is still the caller's. */
struct snapshots *snapshots_new(struct snapshot *first) MUST_USE;
/* When none is held any more. */
void snapshots_free(struct snapshots *snapshots);

/* The one in force, with a reference for the caller. Any thread. */
struct snapshot *snapshots_take(struct snapshots *snapshots) MUST_USE;
/* The same without a reference: until the next snapshots_replace(). */
const struct snapshot *snapshots_current(const struct snapshots *snapshots);
/* `next`, which is taken over, is in force from now on. What the old registry has learnt of others
 * is known to the new one. The old snapshot stays at least until the next snapshots_sweep(). */
void snapshots_replace(struct snapshots *snapshots, struct snapshot *next);
/* Frees those that nobody holds. */
void snapshots_sweep(struct snapshots *snapshots);
/* Whether the registries of all of them are (registry_is_alive()). */
bool snapshots_are_alive(const struct snapshots *snapshots, int64_t now);
/* Fails what all of their registries are at, with ERROR_DRAINING. */
void snapshots_cancel(struct snapshots *snapshots);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/relay.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

static bool hash_begin(EVP_MD_CTX *hash, enum digest_algorithm algorithm)
{
    return EVP_DigestInit_ex(hash, algorithm == DIGEST_SHA512 ? EVP_sha512() : EVP_sha256(),
                             NULL) == 1;
}

/* Whether what was hashed has this digest. */
static bool hash_matches(EVP_MD_CTX *hash, const struct digest *digest)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    unsigned length = 0;

    if (EVP_DigestFinal_ex(hash, bytes, &length) != 1)
        return false;
    for (unsigned i = 0; i < length; i++) {
        hex[2 * (size_t)i] = digits[bytes[i] >> 4];
        hex[2 * (size_t)i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * (size_t)length] = '\0';
    const char *colon = strchr(digest->text, ':');
    return colon && strcmp(colon + 1, hex) == 0;
}

/* -- life ----------------------------------------------------------------------------------- */

struct relay *relay_new(struct transfer_engine *engine, struct bell *bell,
                        const struct digest *digest, int64_t size)
{
    struct relay *relay = calloc(1, sizeof(*relay));
    if (!relay)
        return NULL;
    relay->engine = engine;
    relay->bell = bell;
    relay->digest = digest;
    relay->size = relay->left = size;
    relay->patience = RELAY_TRICKLE_MS;
    relay->ring = malloc(RELAY_RING_SIZE);
    relay->hash = EVP_MD_CTX_new();
    if (relay->ring && relay->hash && hash_begin(relay->hash, digest->algorithm))
        return relay;
    relay_free(relay);
    return NULL;
}

void relay_free(struct relay *relay)
{
    if (!relay)
        return;
    EVP_MD_CTX_free(relay->hash);
    free(relay->ring);
    free(relay);
}

void relay_fail(struct relay *relay, enum relay_fault fault)
{
    if (relay->fault == RELAY_FINE)
        relay->fault = fault;
}

/* `relay->error` has been set to why. */
static enum relay_step relay_refuse(struct relay *relay)
{
    relay_fail(relay, RELAY_REFUSED);
    return RELAY_END;
}

/* -- bytes ---------------------------------------------------------------------------------- */

static void ring_write(struct relay *relay, struct slice bytes)
{
    size_t end = (relay->start + relay->filled) % RELAY_RING_SIZE;
    size_t straight = RELAY_RING_SIZE - end;
    size_t first = bytes.length < straight ? bytes.length : straight;

    memcpy(relay->ring + end, bytes.data, first);
    memcpy(relay->ring, bytes.data + first, bytes.length - first);
    relay->filled += bytes.length;
}

/* As much as lies straight. */
static size_t ring_read(struct relay *relay, char *out, size_t length)
{
    size_t straight = RELAY_RING_SIZE - relay->start;
    size_t count = length < straight ? length : straight;

    memcpy(out, relay->ring + relay->start, count);
    relay->start = (relay->start + count) % RELAY_RING_SIZE;
    relay->filled -= count;
    return count;
}

enum relay_step relay_take(struct relay *relay, struct slice bytes)
{
    if (relay->fault != RELAY_FINE)
        return RELAY_END;
    if ((int64_t)bytes.length > relay->size - relay->taken) {
        error_set(&relay->error, ERROR_UPSTREAM,
                  "the blob %.19s... has more than the %lld bytes its descriptor says",
                  relay->digest->text, (long long)relay->size);
        return relay_refuse(relay);
    }
    if (bytes.length > RELAY_RING_SIZE - relay->filled) {
        relay->source_waits = true;
        return RELAY_WAIT;
    }
    if (EVP_DigestUpdate(relay->hash, bytes.data, bytes.length) != 1) {
        error_no_memory(&relay->error);
        return relay_refuse(relay);
    }
    ring_write(relay, bytes);
    relay->taken += (int64_t)bytes.length;
    return RELAY_MOVED;
}

/* P8: one byte stays until all of it is known to be right. */
static size_t giveable(const struct relay *relay)
{
    size_t count = relay->is_whole || relay->filled == 0 ? relay->filled : relay->filled - 1;
    return relay->left < (int64_t)count ? (size_t)relay->left : count;
}

enum relay_step relay_give(struct relay *relay, char *out, size_t room, size_t *given)
{
    size_t count = giveable(relay);

    *given = 0;
    if (relay->fault != RELAY_FINE)
        return RELAY_END;
    if (count == 0 && relay->left > 0) {
        relay->target_waits = true;
        return RELAY_WAIT;
    }
    *given = ring_read(relay, out, count < room ? count : room);
    relay->left -= (int64_t)*given;
    atomic_fetch_add_explicit(&relay->given, (int64_t)*given, memory_order_relaxed);
    return RELAY_MOVED;
}

void relay_finish_source(struct relay *relay)
{
    if (relay->fault != RELAY_FINE)
        return;
    if (relay->taken != relay->size) {
        error_set(&relay->error, ERROR_UPSTREAM,
                  "the blob %.19s... has %lld bytes, not the %lld its descriptor says",
                  relay->digest->text, (long long)relay->taken, (long long)relay->size);
        (void)relay_refuse(relay);
    } else if (!hash_matches(relay->hash, relay->digest)) {
        error_set(&relay->error, ERROR_UPSTREAM,
                  "the source sent content with another digest for the blob %.19s...",
                  relay->digest->text);
        (void)relay_refuse(relay);
    } else {
        relay->is_whole = true;
    }
}

/* -- pauses --------------------------------------------------------------------------------- */

bool relay_may_wake_source(struct relay *relay)
{
    bool may_go_on = relay->source_waits && relay->filled <= RELAY_RING_SIZE / 2;

    if (may_go_on)
        relay->source_waits = false;
    return may_go_on;
}

bool relay_may_wake_target(struct relay *relay)
{
    bool may_go_on = relay->target_waits && giveable(relay) > 0;

    if (may_go_on)
        relay->target_waits = false;
    return may_go_on;
}

/* Whether the target's time to move enough, or to answer once it has everything, is yet to begin.
 */
static bool is_to_be_watched_anew(const struct relay *relay, int64_t patience)
{
    return relay->watched_since == 0 || relay->patience != patience;
}

/* Watched is what the target gets: where either side dawdles, that does. */
void relay_watch(struct relay *relay, int64_t now)
{
    int64_t given = atomic_load_explicit(&relay->given, memory_order_relaxed);
    bool has_its_share = relay->left == 0;
    int64_t patience = has_its_share ? RELAY_ANSWER_MS : RELAY_TRICKLE_MS;
    bool is_over = now - relay->watched_since >= patience;
    bool has_moved = given - relay->given_by_then >= RELAY_TRICKLE_BYTES;

    if (relay->fault != RELAY_FINE)
        return;
    if (atomic_load_explicit(&relay->is_cancelled, memory_order_relaxed)) {
        error_set(&relay->error, ERROR_DRAINING, "nobody waits for it any more");
        (void)relay_refuse(relay);
    } else if (!relay->target) {
        relay->watched_since = 0; /* a source alone is curl's to watch */
    } else if (is_to_be_watched_anew(relay, patience) || (is_over && has_moved)) {
        relay->watched_since = now;
        relay->given_by_then = given;
        relay->patience = patience;
    } else if (is_over) {
        error_set(&relay->error, ERROR_TIMEOUT, "the copy came to a standstill");
        (void)relay_refuse(relay);
    }
}

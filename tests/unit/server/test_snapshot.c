/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds which settings, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "registry/registry.h"
#include "server/snapshot.h"

static struct snapshot *snapshot_with(const char *variable)
{
    const char *const environment[] = {variable, NULL};
    struct error error;
    CLEANUP(config_unref_p)
    struct config *config =
        config_load(&(struct config_sources){.environment = environment}, NULL, &error);
    if (!config)
        fail_msg("%s", error.message);
    struct snapshot *snapshot = snapshot_new(config, &error);
    if (!snapshot)
        fail_msg("%s", error.message);
    return snapshot;
}

static void test_who_holds_an_old_one_keeps_it_to_the_end(void **state)
{
    (void)state;
    struct snapshots *snapshots = snapshots_new(snapshot_with("MQUERY_CACHE_FRESH=1m"));
    struct snapshot *held = snapshots_take(snapshots);

    assert_true(snapshot_is_current(held));
    snapshots_replace(snapshots, snapshot_with("MQUERY_CACHE_FRESH=2m"));
    snapshots_sweep(snapshots);
    assert_false(snapshot_is_current(held));
    assert_int_equal(held->config->cache.fresh, 60000);
    assert_int_equal(snapshots_current(snapshots)->config->cache.fresh, 120000);

    struct snapshot *taken = snapshots_take(snapshots);
    assert_ptr_equal(taken, snapshots_current(snapshots));
    assert_true(snapshot_is_current(taken));
    snapshot_unref(taken);
    snapshot_unref(held); /* the sanitizers see whether the sweep frees it, and only once */
    snapshots_sweep(snapshots);
    snapshots_sweep(snapshots);
    snapshots_free(snapshots);
}

static void test_what_a_file_lacks_is_found_when_it_is_made(void **state)
{
    (void)state;
    static const char *const environment[] = {"MQUERY_PUSH_ENABLED=true",
                                              "MQUERY_PUSH_TOKENS_FILE=/nonexistent", NULL};
    struct error error;
    CLEANUP(config_unref_p)
    struct config *config =
        config_load(&(struct config_sources){.environment = environment}, NULL, &error);

    assert_non_null(config);
    assert_null(snapshot_new(config, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_non_null(strstr(error.message, "/nonexistent"));
}

static void test_which_changes_matter_to_which_registry(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        const char *now;
        const char *host;
        bool agrees;
    } rows[] = {
        {"MQUERY_CACHE_FRESH=1m", "MQUERY_REGISTRY_TIMEOUT=1s", "a.test", true},
        {"MQUERY_REGISTRY_HOSTS=[{name: a.test}]",
         "MQUERY_REGISTRY_HOSTS=[{name: a.test, plain_http: true}]", "a.test", false},
        {"MQUERY_REGISTRY_HOSTS=[{name: a.test}]",
         "MQUERY_REGISTRY_HOSTS=[{name: a.test, plain_http: true}]", "b.test", true},
        /* One place under several names. */
        {"MQUERY_CACHE_FRESH=1m",
         "MQUERY_REGISTRY_HOSTS=[{name: index.docker.io, realm: [a.test]}]", "docker.io", false},
        {"MQUERY_CACHE_FRESH=1m", "MQUERY_REGISTRY_HOSTS=[{name: a.test:443, realm: [b.test]}]",
         "a.test", false},
        {"MQUERY_CACHE_FRESH=1m", "MQUERY_REGISTRY_DENY=a.test", "a.test", false},
        {"MQUERY_CACHE_FRESH=1m", "MQUERY_REGISTRY_DENY=a.test", "b.test", true},
        {"MQUERY_CACHE_FRESH=1m", "MQUERY_REGISTRY_CREDENTIALS=docker", "b.test", false},
        {"MQUERY_REGISTRY_ALLOW_PRIVATE=true", "MQUERY_CACHE_FRESH=1m", "b.test", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(snapshot_free_p) struct snapshot *before = snapshot_with(rows[i].before);
        CLEANUP(snapshot_free_p) struct snapshot *now = snapshot_with(rows[i].now);
        if (snapshot_agrees(now, before, rows[i].host) != rows[i].agrees)
            fail_msg("%s, then %s: %s", rows[i].before, rows[i].now, rows[i].host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_holds_an_old_one_keeps_it_to_the_end),
        cmocka_unit_test(test_what_a_file_lacks_is_found_when_it_is_made),
        cmocka_unit_test(test_which_changes_matter_to_which_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

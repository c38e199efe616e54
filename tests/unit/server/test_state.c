/* SPDX-License-Identifier: Apache-2.0 */
/* What is known again after a restart, how old it is then, and what is never in the file. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/snapshot.h"
#include "server/state.h"
#include "server/state_file.h"
#include "tests/unit/server/cache_words.h"

enum {
    PATH_SIZE = 64,
    FILE_SIZE_MAX = 1024 * 1024,
    TRANSFER_MEMORY = 16 * 1024 * 1024,
    HEAD_SIZE = 56
};

/* 2023-11-14 and the same moment on the other clock, which knows nothing of days. */
static const struct state_time then = {.monotonic = START, .realtime = CONFIRMED * INT64_C(1000)};

static char directory[] = "/tmp/mqueryd-test-XXXXXX";
static char path[PATH_SIZE];

static int make_directory(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    (void)snprintf(path, sizeof(path), "%s/state", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(directory);
}

static int remove_file(void **state)
{
    (void)state;
    (void)unlink(path);
    return 0;
}

/* -- settings ------------------------------------------------------------------------------- */

static struct snapshot *snapshot_with(const char *const environment[])
{
    struct error error;
    CLEANUP(config_unref_p)
    struct config *config =
        config_load(&(struct config_sources){.environment = environment}, NULL, &error);
    assert_non_null(config);
    struct snapshot *snapshot = snapshot_new(config, &error);
    assert_non_null(snapshot);
    return snapshot;
}

static struct snapshot *some_snapshot(void)
{
    return snapshot_with((const char *const[]){NULL});
}

/* -- short words ---------------------------------------------------------------------------- */

static void save(struct cache *cache, struct state_time now, size_t expected)
{
    CLEANUP(snapshot_free_p) struct snapshot *snapshot = some_snapshot();
    struct error error;
    size_t count = 0;

    if (!state_save(cache, snapshot, path, now, &count, &error))
        fail_msg("%s", error.message);
    assert_int_equal(count, expected);
}

static struct state_time later(int64_t real)
{
    /* The machine was started again: its clock without days begins anew. */
    return (struct state_time){.monotonic = SECOND, .realtime = then.realtime + real};
}

static struct state_count load(struct cache *cache, struct state_time now)
{
    CLEANUP(snapshot_free_p) struct snapshot *snapshot = some_snapshot();
    struct state_count count;
    struct error error;

    if (!state_load(cache, snapshot, path, now, &count, &error))
        fail_msg("%s", error.message);
    return count;
}

/* -- what is kept --------------------------------------------------------------------------- */

static void test_what_was_known_is_known_again(void **state)
{
    (void)state;
    CLEANUP(cache_free_p) struct cache *before = cache_new(&settings);
    CLEANUP(cache_free_p) struct cache *after = cache_new(&settings);

    store(before, "debian", START);
    store_as(before, "debian:12", everyone, "debian", START);
    store(before, "a.test/b/c:d", START);
    save(before, then, 3);
    assert_int_equal(load(after, later(2 * (int64_t)SECOND)).loaded, 3);

    CLEANUP(cache_finding_release)
    struct cache_finding finding = find_as(after, "debian", everyone, SECOND);
    assert_int_equal(finding.state, CACHE_FRESH);
    assert_int_equal(finding.confirmed, CONFIRMED);
    assert_int_equal(finding.report->platform_count, 1);
    assert_int_equal(cache_counts(after).contents, 2);
    assert_int_equal(state_of(after, "a.test/b/c:d", SECOND), CACHE_FRESH);
}

static void test_ages_go_on_while_nobody_serves(void **state)
{
    (void)state;
    static const struct {
        int64_t away;
        enum cache_state state;
    } rows[] = {
        {FRESH - 2 * SECOND, CACHE_FRESH},
        {FRESH, CACHE_REFRESH},
        {FRESH + REVALIDATE, CACHE_ASK},
        {FRESH + IF_ERROR, CACHE_MISS},
        /* The clock was set back: nobody knows for how long. */
        {-REVALIDATE, CACHE_REFRESH},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(cache_free_p) struct cache *before = cache_new(&settings);
        CLEANUP(cache_free_p) struct cache *after = cache_new(&settings);
        const struct state_time ended = {.monotonic = START + SECOND, .realtime = then.realtime};
        store(before, "debian", START);
        save(before, ended, 1);
        struct state_count count = load(after, later(rows[i].away));
        assert_int_equal(count.loaded, rows[i].state != CACHE_MISS);
        assert_int_equal(count.loaded + count.passed_over, 1);
        assert_int_equal(state_of(after, "debian", SECOND), rows[i].state);
    }
}

static void test_a_digest_is_known_for_good(void **state)
{
    (void)state;
    char image[128];
    CLEANUP(cache_free_p) struct cache *before = cache_new(&settings);
    CLEANUP(cache_free_p) struct cache *after = cache_new(&settings);

    (void)snprintf(image, sizeof(image), "debian@%s", some_digest);
    store(before, image, START);
    save(before, then, 1);
    assert_int_equal(load(after, later(100 * INT64_C(86400) * SECOND)).loaded, 1);
    assert_int_equal(state_of(after, image, SECOND), CACHE_FRESH);
}

static void test_only_what_everyone_may_see_is_in_the_file(void **state)
{
    (void)state;
    CLEANUP(cache_free_p) struct cache *before = cache_new(&settings);
    CLEANUP(report_unref_p) struct report *partial = marked_report_of("p", report_mark_partial);
    char text[FILE_SIZE_MAX];
    struct stat status;

    store(before, "a.test/public:1", START);
    store_as(before, "a.test/secret:1", alice, "secret", START);
    store_report(before, "a.test/partial:1", everyone, partial, START);
    store_failure(before, "a.test/failed:1", ERROR_NOT_FOUND, START);
    save(before, then, 1);

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_return_code(fd, 0);
    ssize_t length = read(fd, text, sizeof(text));
    assert_true(length > HEAD_SIZE);
    assert_return_code(fstat(fd, &status), 0);
    (void)close(fd);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_non_null(memmem(text, (size_t)length, "a.test/public", 13));
    assert_null(memmem(text, (size_t)length, "secret", 6));
    assert_null(memmem(text, (size_t)length, alice, strlen(alice)));
    assert_null(memmem(text, (size_t)length, "partial", 7));
    assert_null(memmem(text, (size_t)length, "failed", 6));
}

static void test_the_longest_unused_goes_first_where_there_is_less_room(void **state)
{
    (void)state;
    static struct config_cache small = {.fresh = FRESH, .memory = 4096};
    CLEANUP(cache_free_p) struct cache *before = cache_new(&settings);
    CLEANUP(cache_free_p) struct cache *after = cache_new(&small);
    char image[32];

    for (int i = 0; i < 100; i++) {
        (void)snprintf(image, sizeof(image), "image-%d", i);
        store(before, image, START);
    }
    save(before, then, 100);
    (void)load(after, later(SECOND));
    assert_true(cache_counts(after).bytes <= small.memory);
    assert_int_equal(state_of(after, "image-99", SECOND), CACHE_FRESH);
    assert_int_equal(state_of(after, "image-0", SECOND), CACHE_MISS);
}

/* -- settings that have changed ------------------------------------------------------------- */

static void test_a_registry_that_is_asked_otherwise_now_begins_anew(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "MQUERY_REGISTRY_HOSTS=[{name: a.test, plain_http: true}]",
        "MQUERY_REGISTRY_DENY=a.test",
        "MQUERY_REGISTRY_ALLOW=[b.test]",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(cache_free_p) struct cache *before = cache_new(&settings);
        CLEANUP(cache_free_p) struct cache *after = cache_new(&settings);
        CLEANUP(snapshot_free_p)
        struct snapshot *now = snapshot_with((const char *const[]){rows[i], NULL});
        struct state_count count;
        struct error error;
        store(before, "a.test/x:1", START);
        store(before, "b.test/x:1", START);
        save(before, then, 2);
        assert_true(state_load(after, now, path, later(SECOND), &count, &error));
        assert_int_equal(count.loaded, 1);
        assert_int_equal(count.passed_over, 1);
        assert_int_equal(state_of(after, "a.test/x:1", SECOND), CACHE_MISS);
        assert_int_equal(state_of(after, "b.test/x:1", SECOND), CACHE_FRESH);
    }
}

/* -- files that are not there, or not whole ------------------------------------------------- */

static void test_it_is_used_once(void **state)
{
    (void)state;
    CLEANUP(cache_free_p) struct cache *before = cache_new(&settings);
    CLEANUP(cache_free_p) struct cache *after = cache_new(&settings);

    assert_int_equal(load(after, later(SECOND)).loaded, 0);
    store(before, "debian", START);
    save(before, then, 1);
    assert_int_equal(load(after, later(SECOND)).loaded, 1);
    assert_int_equal(access(path, F_OK), -1);
}

static size_t read_whole(char *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_return_code(fd, 0);
    ssize_t length = read(fd, out, FILE_SIZE_MAX);
    (void)close(fd);
    assert_true(length > 0);
    return (size_t)length;
}

static void write_whole(const char *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_return_code(fd, 0);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    (void)close(fd);
}

static void assert_refused(const char *reason)
{
    CLEANUP(cache_free_p) struct cache *after = cache_new(&settings);
    CLEANUP(snapshot_free_p) struct snapshot *snapshot = some_snapshot();
    struct state_count count;
    struct error error;

    assert_false(state_load(after, snapshot, path, later(SECOND), &count, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    if (!strstr(error.message, reason))
        fail_msg("%s", error.message);
    assert_int_equal(cache_counts(after).entries, 0);
}

static void test_damage_is_found(void **state)
{
    (void)state;
    static char bytes[FILE_SIZE_MAX];
    CLEANUP(cache_free_p) struct cache *before = cache_new(&settings);

    store(before, "debian", START);
    save(before, then, 1);
    size_t length = read_whole(bytes);
    for (size_t i = 0; i < length; i++) {
        bytes[i] ^= 1;
        write_whole(bytes, length);
        /* Four bytes of the head mean nothing yet. */
        if (i < 12 || i >= 16)
            assert_refused("it is ");
        bytes[i] ^= 1;
    }
    for (size_t cut = 1; cut < length; cut += 7) {
        write_whole(bytes, length - cut);
        assert_refused("it is damaged");
    }
    write_whole(bytes, 0);
    assert_refused("it is damaged");
    bytes[8] = 2;
    write_whole(bytes, length);
    assert_refused("another version");
}

/* The checksum is right: it is a fault of whoever wrote it. */
static void test_of_a_file_that_is_wrong_at_its_end_nothing_is_used(void **state)
{
    (void)state;
    CLEANUP(cache_free_p) struct cache *before = cache_new(&settings);
    CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT(FILE_SIZE_MAX);
    struct error error;

    store(before, "debian", START);
    save(before, then, 1);
    assert_true(state_file_read(path, &bytes, &error));
    CLEANUP(state_writer_free_p) struct state_writer *writer = state_writer_new(path, &error);
    assert_non_null(writer);
    state_writer_append(writer, buffer_slice(&bytes));
    state_writer_append(writer, SLICE("X"));
    assert_true(state_writer_commit(writer, &error));
    assert_refused("it is not what a service of this version writes");
}

/* -- what is written beside it -------------------------------------------------------------- */

/* As a process that is killed while it saves leaves it behind. */
static void test_what_a_killed_process_has_left_is_gone_with_the_next_save(void **state)
{
    (void)state;
    CLEANUP(cache_free_p) struct cache *before = cache_new(&settings);
    CLEANUP(cache_free_p) struct cache *after = cache_new(&settings);
    char beside[PATH_SIZE + 8];
    struct error error;

    (void)snprintf(beside, sizeof(beside), "%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_return_code(fd, 0);
    assert_int_equal(write(fd, path, sizeof(path)), sizeof(path));
    (void)close(fd);
    store(before, "debian", START);
    save(before, then, 1);
    assert_int_equal(access(beside, F_OK), -1);
    assert_int_equal(load(after, later(SECOND)).loaded, 1);
    assert_true(state_can_be_saved(path, &error));
    assert_int_equal(access(beside, F_OK), -1);
}

static void test_two_do_not_save_at_once(void **state)
{
    (void)state;
    struct error error;
    CLEANUP(state_writer_free_p) struct state_writer *first = state_writer_new(path, &error);

    assert_non_null(first);
    assert_null(state_writer_new(path, &error));
    assert_non_null(strstr(error.message, "another process"));
    assert_true(state_writer_commit(first, &error));
    CLEANUP(state_writer_free_p) struct state_writer *next = state_writer_new(path, &error);
    assert_non_null(next);
}

static void test_a_link_in_its_place_is_not_followed(void **state)
{
    (void)state;
    char beside[PATH_SIZE + 8];
    struct error error;

    (void)snprintf(beside, sizeof(beside), "%s.new", path);
    assert_return_code(symlink("/dev/null", beside), 0);
    assert_null(state_writer_new(path, &error));
    assert_non_null(strstr(error.message, "symbolic links"));
    assert_return_code(unlink(beside), 0);
}

static void test_a_file_that_others_may_have_written_is_refused(void **state)
{
    (void)state;
    CLEANUP(cache_free_p) struct cache *before = cache_new(&settings);

    store(before, "debian", START);
    save(before, then, 1);
    assert_return_code(chmod(path, 0620), 0);
    assert_refused("other users may write");
    assert_return_code(unlink(path), 0);
    assert_return_code(symlink("/dev/null", path), 0);
    assert_refused(path);
}

static void test_where_it_cannot_be_written_what_was_there_stays(void **state)
{
    (void)state;
    CLEANUP(cache_free_p) struct cache *cache = cache_new(&settings);
    CLEANUP(snapshot_free_p) struct snapshot *snapshot = some_snapshot();
    struct error error;
    size_t count = 0;

    assert_false(state_save(cache, snapshot, "/nonexistent/mqueryd/state", then, &count, &error));
    assert_non_null(strstr(error.message, "/nonexistent/mqueryd/state: No such file"));
}

#define TEST(function) cmocka_unit_test_teardown(function, remove_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_known_is_known_again),
        TEST(test_ages_go_on_while_nobody_serves),
        TEST(test_a_digest_is_known_for_good),
        TEST(test_only_what_everyone_may_see_is_in_the_file),
        TEST(test_the_longest_unused_goes_first_where_there_is_less_room),
        TEST(test_a_registry_that_is_asked_otherwise_now_begins_anew),
        TEST(test_it_is_used_once),
        TEST(test_damage_is_found),
        TEST(test_of_a_file_that_is_wrong_at_its_end_nothing_is_used),
        TEST(test_what_a_killed_process_has_left_is_gone_with_the_next_save),
        TEST(test_two_do_not_save_at_once),
        TEST(test_a_link_in_its_place_is_not_followed),
        TEST(test_a_file_that_others_may_have_written_is_refused),
        TEST(test_where_it_cannot_be_written_what_was_there_stays),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credential helpers, good and bad: each is a shell script that plays one.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "registry/credential.h"
#include "registry/credential_helper.h"
#include "registry/program.h"
#include "tests/unit/registry/scratch_directory.h"

#define ANSWER "printf '{\"ServerURL\":\"evil.x\",\"Username\":\"u\",\"Secret\":\"p\"}'"

enum {
    PATIENCE_MS = 20 * 1000,
    SHORT_MS = 300
};

static struct scratch scratch;

static int set_up(void **state)
{
    (void)state;
    scratch = scratch_make();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static struct credential *ask_within(const char *name, const char *server, int64_t patience,
                                     struct error *error)
{
    static const atomic_bool is_cancelled = false;
    const struct program_limit limit = {clock_monotonic_ms() + patience, &is_cancelled};

    *error = (struct error){.code = ERROR_INTERNAL, .message = "untouched"};
    return credential_helper_get(name, server, &limit, error);
}

static struct credential *ask(const char *name, struct error *error)
{
    return ask_within(name, "reg.x:5000", PATIENCE_MS, error);
}

static void assert_fails(const char *script, enum error_code code, const char *why)
{
    struct error error;

    scratch_write_helper(&scratch, "bad", script);
    if (ask("bad", &error))
        fail_msg("%s is taken", script);
    if (error.code != code || !strstr(error.message, why))
        fail_msg("%s: %d, %s", script, error.code, error.message);
    assert_null(strstr(error.message, "canary"));
}

static const char *noted(const char *name)
{
    static char text[8192];

    return scratch_read(&scratch, name, text, sizeof(text));
}

/* Waits for what another process is about to do. */
static bool comes_true(bool (*condition)(pid_t id), pid_t id)
{
    int64_t deadline = clock_monotonic_ms() + PATIENCE_MS;

    while (!condition(id)) {
        if (clock_monotonic_ms() > deadline)
            return false;
        (void)usleep(1000);
    }
    return true;
}

/* Or is a zombie that only its new parent can bury. */
static bool is_gone(pid_t id)
{
    char path[64];
    char text[256] = "";

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)id);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true;
    ssize_t length = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    return length <= 0 || strstr(text, ") Z ");
}

static pid_t noted_id(const char *name)
{
    return (pid_t)strtol(noted(name), NULL, 10);
}

/* -- what it is asked and may say ----------------------------------------------------------- */

static void test_C9_it_is_asked_by_its_verb_and_told_the_server(void **state)
{
    char script[1024];
    struct error error;

    (void)state;
    (void)snprintf(script, sizeof(script), "echo \"$# $*\" >%s/words; cat >%s/input; " ANSWER,
                   scratch.path, scratch.path);
    scratch_write_helper(&scratch, "good", script);
    struct credential *credential = ask("good", &error);
    assert_non_null(credential);
    assert_string_equal(credential->username, "u");
    assert_string_equal(credential->password, "p");
    assert_null(credential->identity_token);
    assert_null(credential->server_address); /* what it says of the server is not heeded */
    assert_string_equal(noted("words"), "1 get\n");
    assert_string_equal(noted("input"), "reg.x:5000");
    credential_free(credential);
}

static void test_C9_the_user_token_has_an_identity_token(void **state)
{
    struct error error;

    (void)state;
    scratch_write_helper(&scratch, "token",
                         "printf '{\"Username\":\"<token>\",\"Secret\":\"refresh\"}\\n'");
    struct credential *credential = ask("token", &error);
    assert_non_null(credential);
    assert_string_equal(credential->identity_token, "refresh");
    assert_null(credential->username);
    assert_null(credential->password);
    credential_free(credential);
}

static void test_C9_having_none_is_no_error(void **state)
{
    static const char *const scripts[] = {
        "echo 'credentials not found in native keychain'; exit 1",
        "printf '  credentials not found in native keychain\\r\\n'; exit 17",
        "printf '{\"ServerURL\":\"\",\"Username\":\"\",\"Secret\":\"\"}'",
    };
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        scratch_write_helper(&scratch, "none", scripts[i]);
        assert_null(ask("none", &error));
        assert_int_equal(error.code, ERROR_NONE);
    }
}

static void test_C9_its_reason_is_told_and_its_secrets_are_not(void **state)
{
    (void)state;
    assert_fails("echo 'no credentials server URL'; exit 1", ERROR_INVALID,
                 "'docker-credential-bad' failed: no credentials server URL");
    assert_fails("echo 'no credentials username'; exit 1", ERROR_INVALID,
                 "no credentials username");
    assert_fails("printf 'locked\\033[2J\\ncanary'; exit 1", ERROR_INVALID,
                 "failed: locked\\x1b[2J");
    assert_fails("echo canary >&2; exit 3", ERROR_INVALID, "failed with status 3");
    assert_fails("echo '{\"Username\":\"u\",\"Secret\":\"canary\"}'; exit 1", ERROR_INVALID,
                 "failed with status 1");
    assert_fails("kill -9 $$", ERROR_INVALID, "failed with status 137");
}

static void test_C9_what_is_no_answer_is_an_error(void **state)
{
    static const char no_answer[] = "does not answer with a Username and a Secret";

    (void)state;
    assert_fails("true", ERROR_INVALID, no_answer);
    assert_fails("echo canary", ERROR_INVALID, no_answer);
    assert_fails("echo '{\"Username\":\"canary\"}'", ERROR_INVALID, no_answer);
    assert_fails("echo '{\"Username\":\"u\",\"Secret\":{\"canary\":1}}'", ERROR_INVALID, no_answer);
    assert_fails("echo '[{\"Username\":\"u\",\"Secret\":\"canary\"}]'", ERROR_INVALID, no_answer);
    assert_fails("echo '{\"Username\":\"u\",\"Secret\":\"canary\"}canary'", ERROR_INVALID,
                 no_answer);
    assert_fails("echo '{\"Username\":\"\",\"Secret\":\"canary\"}'", ERROR_INVALID,
                 "answers with a password without a username");
    assert_fails("printf '%s' '{\"Username\":\"u\",\"Secret\":\"canary\\nX: y\"}'", ERROR_INVALID,
                 "answers with a control byte");
}

/* -- limits --------------------------------------------------------------------------------- */

static void test_S22_only_plain_names_are_run(void **state)
{
    static const char *const names[] = {
        "",
        "../../x",
        "a;id",
        "a b",
        "/bin/sh",
        ".hidden",
        "-flag",
        "a\nb",
        "$(id)",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_null(ask(names[i], &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_non_null(strstr(error.message, "no credential helper can be called"));
        assert_null(strchr(error.message, '\n'));
    }
}

static void test_S23_a_server_of_two_lines_is_not_asked_for(void **state)
{
    struct error error;

    (void)state;
    scratch_write_helper(&scratch, "good", ANSWER);
    assert_null(ask_within("good", "reg.x\nother.x", PATIENCE_MS, &error));
    assert_int_equal(error.code, ERROR_INVALID);
}

static void test_a_missing_helper_is_told_apart(void **state)
{
    struct error error;

    (void)state;
    scratch_write_helper(&scratch, "good", ANSWER);
    assert_null(ask("absent", &error));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_string_equal(error.message,
                        "the credential helper 'docker-credential-absent' is not installed");
}

static void test_what_may_not_be_run_is_missing_and_what_cannot_be_is_not(void **state)
{
    struct error error;

    (void)state;
    scratch_write_helper(&scratch, "good", ANSWER);
    (void)scratch_write(&scratch, "docker-credential-plain", "#!/bin/sh\n" ANSWER "\n", 0600);
    (void)scratch_write(&scratch, "docker-credential-text", ANSWER "\n", 0700);
    assert_null(ask("plain", &error));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(error.message, "cannot be run: Permission denied"));
    assert_null(ask("text", &error)); /* there is no shell that would take it for a script */
    assert_int_equal(error.code, ERROR_INVALID);
    assert_non_null(strstr(error.message, "cannot be run: Exec format error"));
}

static void test_C10_endless_output_ends_it(void **state)
{
    (void)state;
    assert_fails("while :; do echo canarycanarycanarycanarycanarycanarycanary; done", ERROR_INVALID,
                 "says more than 65536 bytes");
}

static void test_C10_endless_complaints_hold_nobody_up(void **state)
{
    struct error error;

    (void)state;
    scratch_write_helper(&scratch, "loud", "head -c 1000000 /dev/zero >&2; " ANSWER);
    struct credential *credential = ask("loud", &error);
    assert_non_null(credential);
    credential_free(credential);
}

static void test_C10_a_slow_helper_is_killed_with_what_it_started(void **state)
{
    char script[1024];
    struct error error;

    (void)state;
    (void)snprintf(
        script, sizeof(script),
        "trap '' TERM INT HUP\nsleep 1000 &\necho $! >%s/child\necho $$ >%s/self\n" ANSWER "\nwait",
        scratch.path, scratch.path);
    scratch_write_helper(&scratch, "slow", script);
    assert_null(ask_within("slow", "reg.x", SHORT_MS, &error));
    assert_int_equal(error.code, ERROR_TIMEOUT);
    assert_string_equal(error.message,
                        "the credential helper 'docker-credential-slow' took too long");
    assert_int_equal(kill(noted_id("self"), 0), -1);
    assert_int_equal(errno, ESRCH); /* and it is no zombie */
    assert_true(comes_true(is_gone, noted_id("child")));
}

/* As an agent that a helper starts: it lives on, with the output open. */
static void test_what_it_leaves_behind_is_not_waited_for(void **state)
{
    char script[1024];
    struct error error;

    (void)state;
    (void)snprintf(script, sizeof(script), "sleep 1000 &\necho $! >%s/child\n" ANSWER,
                   scratch.path);
    scratch_write_helper(&scratch, "leaver", script);
    struct credential *credential = ask("leaver", &error);
    assert_non_null(credential);
    assert_false(is_gone(noted_id("child")));
    assert_int_equal(kill(noted_id("child"), SIGKILL), 0);
    credential_free(credential);
}

static void test_C10_one_that_reads_nothing_breaks_no_pipe(void **state)
{
    struct error error;

    (void)state;
    scratch_write_helper(&scratch, "deaf", "exec <&-; " ANSWER);
    for (unsigned i = 0; i < 20; i++) { /* SIGPIPE has its usual, deadly effect here */
        struct credential *credential = ask("deaf", &error);
        assert_non_null(credential);
        credential_free(credential);
    }
}

/* -- what it inherits ----------------------------------------------------------------------- */

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *directory = opendir("/proc/self/fd");

    assert_non_null(directory);
    while (readdir(directory)) /* NOLINT(concurrency-mt-unsafe): it is this thread's alone */
        count++;
    (void)closedir(directory);
    return count;
}

static void test_C10_no_descriptor_leaks_either_way(void **state)
{
    char script[1024];
    struct error error;
    int careless = open("/dev/null", O_RDONLY); /* as a library might, without O_CLOEXEC */
    size_t before = count_descriptors();

    (void)state;
    assert_true(careless > STDERR_FILENO);
    (void)snprintf(script, sizeof(script), "ls /proc/$$/fd >%s/descriptors; " ANSWER, scratch.path);
    scratch_write_helper(&scratch, "good", script);
    credential_free(ask("good", &error));
    assert_null(ask("absent", &error));
    scratch_write_helper(&scratch, "slow", "sleep 1000");
    assert_null(ask_within("slow", "reg.x", SHORT_MS, &error));
    assert_int_equal(count_descriptors(), before);
    (void)close(careless);

    char mine[16];
    (void)snprintf(mine, sizeof(mine), "\n%d\n", careless);
    assert_non_null(strstr(noted("descriptors"), "0\n1\n"));
    assert_null(strstr(noted("descriptors"), mine));
}

static void test_C14_our_own_secrets_are_not_in_its_environment(void **state)
{
    char script[1024];
    struct error error;

    (void)state;
    scratch_set("DOCKER_AUTH_CONFIG", "canary");
    scratch_set("MQUERY_SERVER", "canary");
    scratch_set("LISTEN_FDS", "canary");
    scratch_set("AWS_PROFILE", "kept");
    (void)snprintf(script, sizeof(script), "env >%s/environment; " ANSWER, scratch.path);
    scratch_write_helper(&scratch, "good", script);
    credential_free(ask("good", &error));
    scratch_set("DOCKER_AUTH_CONFIG", NULL);
    scratch_set("MQUERY_SERVER", NULL);
    scratch_set("LISTEN_FDS", NULL);
    assert_null(strstr(noted("environment"), "canary"));
    assert_non_null(strstr(noted("environment"), "AWS_PROFILE=kept"));
}

/* But for the C library's own, above 31. */
static unsigned long noted_signals(const char *which)
{
    const char *found = strstr(noted("signals"), which);

    assert_non_null(found);
    return strtoul(found + strlen(which), NULL, 16) & 0x7fffffff;
}

/* A daemon's threads block signals and ignore SIGPIPE; a program that does is hard to end. */
static void test_it_begins_with_usual_signals(void **state)
{
    char script[1024];
    struct error error;
    sigset_t all;
    sigset_t before;

    (void)state;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)snprintf(script, sizeof(script), "grep Sig /proc/self/status >%s/signals; " ANSWER,
                   scratch.path);
    scratch_write_helper(&scratch, "good", script);
    struct credential *credential = ask("good", &error);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    assert_non_null(credential);
    credential_free(credential);
    assert_int_equal(noted_signals("SigBlk:\t"), 0);
    assert_int_equal(noted_signals("SigIgn:\t"), 0);
}

static void *ask_often(void *failures)
{
    struct error error;

    for (unsigned i = 0; i < 25; i++) {
        struct credential *credential = ask("good", &error);
        if (!credential || strcmp(credential->username, "u") != 0)
            atomic_fetch_add((atomic_uint *)failures, 1);
        credential_free(credential);
    }
    return NULL;
}

static void test_any_thread_may_ask(void **state)
{
    enum {
        THREADS = 8
    };
    pthread_t threads[THREADS];
    atomic_uint failures = 0;

    (void)state;
    scratch_write_helper(&scratch, "good", "cat >/dev/null; " ANSWER);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &failures), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(failures, 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_C9_it_is_asked_by_its_verb_and_told_the_server),
        CASE(test_C9_the_user_token_has_an_identity_token),
        CASE(test_C9_having_none_is_no_error),
        CASE(test_C9_its_reason_is_told_and_its_secrets_are_not),
        CASE(test_C9_what_is_no_answer_is_an_error),
        CASE(test_S22_only_plain_names_are_run),
        CASE(test_S23_a_server_of_two_lines_is_not_asked_for),
        CASE(test_a_missing_helper_is_told_apart),
        CASE(test_what_may_not_be_run_is_missing_and_what_cannot_be_is_not),
        CASE(test_C10_endless_output_ends_it),
        CASE(test_C10_endless_complaints_hold_nobody_up),
        CASE(test_C10_a_slow_helper_is_killed_with_what_it_started),
        CASE(test_what_it_leaves_behind_is_not_waited_for),
        CASE(test_C10_one_that_reads_nothing_breaks_no_pipe),
        CASE(test_C10_no_descriptor_leaks_either_way),
        CASE(test_C14_our_own_secrets_are_not_in_its_environment),
        CASE(test_it_begins_with_usual_signals),
        CASE(test_any_thread_may_ask),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

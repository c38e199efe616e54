/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which place is asked when: the variable, docker's file, podman's, a file by its name, and the
 * helpers they name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "registry/credential.h"
#include "registry/credential_store.h"
#include "tests/unit/registry/scratch_directory.h"

#define LOGIN(user)        "{\"auths\":{\"reg.x\":{\"username\":\"" user "\",\"password\":\"p\"}}}"
#define STORE(helper)      "{\"credsStore\":\"" helper "\"}"
#define OWN_HELPER(helper) "{\"credHelpers\":{\"reg.x\":\"" helper "\"}}"
#define ANSWER(user)       "printf '{\"Username\":\"" user "\",\"Secret\":\"p\"}'"
#define NONE               "echo credentials not found in native keychain; exit 1"

enum {
    PATIENCE_MS = 20 * 1000
};

static struct scratch scratch;
static char warning[CREDENTIAL_WARNING_SIZE];

/* A home of nobody's, with nothing in it. */
static int set_up(void **state)
{
    static const char *const variables[] = {"DOCKER_AUTH_CONFIG", "DOCKER_CONFIG",
                                            "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR",
                                            "XDG_CONFIG_HOME"};

    (void)state;
    scratch = scratch_make();
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        scratch_set(variables[i], NULL);
    scratch_set("HOME", scratch_directory(&scratch, "home"));
    scratch_set("XDG_RUNTIME_DIR", scratch_directory(&scratch, "run"));
    (void)scratch_directory(&scratch, "home/.docker");
    (void)scratch_directory(&scratch, "home/.config");
    (void)scratch_directory(&scratch, "home/.config/containers");
    (void)scratch_directory(&scratch, "run/containers");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static void write_file(const char *name, const char *text)
{
    (void)scratch_write(&scratch, name, text, 0600);
}

/* A helper that notes each call before it does what it does. */
static void write_counted_helper(const char *name, const char *script)
{
    char counted[1024];

    (void)snprintf(counted, sizeof(counted), "echo >>%s/calls\n%s", scratch.path, script);
    scratch_write_helper(&scratch, name, counted);
}

static size_t count_calls(void)
{
    char text[256];

    return strlen(scratch_read(&scratch, "calls", text, sizeof(text)));
}

static struct credential *find_for(struct credential_store *store, const char *registry,
                                   enum credential_use use, struct error *error)
{
    const struct credential_wish wish = {
        .registry = registry,
        .repository = "team/app",
        .use = use,
        .deadline = clock_monotonic_ms() + PATIENCE_MS,
    };

    *error = (struct error){.code = ERROR_INTERNAL};
    return credential_store_find(store, &wish, warning, error);
}

static struct credential *find(struct credential_store *store, enum credential_use use,
                               struct error *error)
{
    return find_for(store, "reg.x", use, error);
}

static void assert_finds(struct credential_store *store, const char *user)
{
    struct error error;
    struct credential *credential = find(store, CREDENTIAL_TO_READ, &error);

    if (error.code != ERROR_NONE)
        fail_msg("%s", error.message);
    if (!user != !credential || (user && strcmp(credential->username, user) != 0))
        fail_msg("%s instead of %s", credential ? credential->username : "none",
                 user ? user : "none");
    credential_free(credential);
}

static void assert_refuses(struct credential_store *store, enum credential_use use, const char *why)
{
    struct error error;

    assert_null(find(store, use, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    if (!strstr(error.message, why))
        fail_msg("%s", error.message);
    assert_null(strstr(error.message, "canary"));
}

static void assert_source_finds(const char *source, const char *user)
{
    struct credential_store *store = credential_store_new(source);

    assert_non_null(store);
    assert_finds(store, user);
    credential_store_free(store);
}

/* -- the usual places ----------------------------------------------------------------------- */

static void test_C11_none_reads_nothing(void **state)
{
    (void)state;
    scratch_set("DOCKER_AUTH_CONFIG", LOGIN("variable"));
    write_file("home/.docker/config.json", LOGIN("docker"));
    assert_source_finds("none", NULL);
}

/* From the last place to the first: each wins over those after it. */
static void test_C12_the_first_place_that_has_one_wins(void **state)
{
    (void)state;
    assert_source_finds("docker", NULL);
    write_file("home/.dockercfg", "{\"reg.x\":{\"auth\":\"b2xkOnA=\"}}");
    assert_source_finds("docker", "old");
    write_file("home/.config/containers/auth.json", LOGIN("podman-config"));
    assert_source_finds("docker", "podman-config");
    write_file("run/containers/auth.json", LOGIN("podman-runtime"));
    assert_source_finds("docker", "podman-runtime");
    write_file("named.json", LOGIN("podman-named"));
    scratch_set("REGISTRY_AUTH_FILE", scratch_path(&scratch, "named.json"));
    assert_source_finds("docker", "podman-named");
    write_file("home/.docker/config.json", LOGIN("docker"));
    assert_source_finds("docker", "docker");
    scratch_set("DOCKER_AUTH_CONFIG", LOGIN("variable"));
    assert_source_finds("docker", "variable");
}

static void test_C12_xdg_config_home_is_instead_of_homes(void **state)
{
    (void)state;
    (void)scratch_directory(&scratch, "xdg");
    (void)scratch_directory(&scratch, "xdg/containers");
    write_file("xdg/containers/auth.json", LOGIN("xdg"));
    write_file("home/.config/containers/auth.json", LOGIN("home"));
    scratch_set("XDG_CONFIG_HOME", scratch_path(&scratch, "xdg"));
    assert_source_finds("docker", "xdg");
}

static void test_C1_docker_config_names_a_directory_instead_of_homes(void **state)
{
    (void)state;
    write_file("home/.docker/config.json", LOGIN("home"));
    scratch_set("DOCKER_CONFIG", scratch_directory(&scratch, "other"));
    assert_source_finds("docker", NULL);
    write_file("other/config.json", LOGIN("other"));
    assert_source_finds("docker", "other");
}

static void test_without_a_home_there_is_nothing(void **state)
{
    (void)state;
    scratch_set("HOME", NULL);
    assert_source_finds("docker", NULL);
}

static void test_an_empty_variable_is_none(void **state)
{
    (void)state;
    scratch_set("DOCKER_AUTH_CONFIG", "");
    scratch_set("DOCKER_CONFIG", "");
    write_file("home/.docker/config.json", LOGIN("docker"));
    assert_source_finds("docker", "docker");
}

static void test_C1_a_malformed_place_is_named_and_not_quoted(void **state)
{
    struct credential_store *store = credential_store_new("docker");

    (void)state;
    write_file("home/.docker/config.json", "{\"auths\":\"canary\"}");
    assert_refuses(store, CREDENTIAL_TO_READ, "home/.docker/config.json: 'auths' is not an object");
    credential_store_free(store);

    scratch_set("DOCKER_AUTH_CONFIG", "canary");
    store = credential_store_new("docker");
    assert_refuses(store, CREDENTIAL_TO_READ, "DOCKER_AUTH_CONFIG: expected");
    credential_store_free(store);

    scratch_set("DOCKER_AUTH_CONFIG", LOGIN("variable")); /* the rest need not be asked */
    assert_source_finds("docker", "variable");
}

static void test_a_bad_entry_is_told_to_who_needs_it_only(void **state)
{
    struct error error;
    struct credential_store *store = credential_store_new("docker");

    (void)state;
    write_file("home/.docker/config.json",
               "{\"auths\":{\"reg.x\":{\"auth\":\"canary!\"},\"good.x\":{\"auth\":\"dTpw\"}}}");
    assert_refuses(store, CREDENTIAL_TO_READ,
                   "config.json: the entry for 'reg.x' holds an auth that is not base64");
    struct credential *credential = find_for(store, "good.x", CREDENTIAL_TO_READ, &error);
    assert_non_null(credential);
    credential_free(credential);
    credential_store_free(store);
}

/* -- a file by its name --------------------------------------------------------------------- */

static void assert_check_fails(const char *path, const char *why)
{
    struct error error = {0};
    struct credential_store *store = credential_store_new(path);

    assert_non_null(store);
    assert_false(credential_store_check(store, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    if (!strstr(error.message, path) || !strstr(error.message, why))
        fail_msg("%s", error.message);
    assert_null(strstr(error.message, "canary"));
    assert_refuses(store, CREDENTIAL_TO_READ, why);
    credential_store_free(store);
}

static void test_a_path_is_a_file_or_a_directory_with_one(void **state)
{
    (void)state;
    write_file("home/.docker/config.json", LOGIN("directory"));
    write_file("auth.json", "{\"auths\":{\"*.x/team\":{\"auth\":\"cGF0dGVybjpw\"}}}");
    assert_source_finds(scratch_path(&scratch, "home/.docker"), "directory");
    assert_source_finds(scratch_path(&scratch, "home/.docker/config.json"), "directory");
    assert_source_finds(scratch_path(&scratch, "auth.json"), "pattern"); /* C13 */
}

static void test_nothing_else_is_asked_than_the_path(void **state)
{
    (void)state;
    scratch_set("DOCKER_AUTH_CONFIG", LOGIN("variable"));
    write_file("home/.docker/config.json", LOGIN("docker"));
    write_file("empty.json", "{}");
    assert_source_finds(scratch_path(&scratch, "empty.json"), NULL);
}

static void test_a_path_is_checked_at_the_start(void **state)
{
    struct error error = {0};

    (void)state;
    write_file("good.json", LOGIN("u"));
    struct credential_store *store = credential_store_new(scratch_path(&scratch, "good.json"));
    assert_true(credential_store_check(store, &error));
    credential_store_free(store);

    assert_check_fails(scratch_path(&scratch, "absent.json"), "No such file or directory");
    assert_check_fails(scratch_path(&scratch, "run"), "run/config.json: No such file");
    write_file("bad.json", "{\"auths\":{\"reg.x\":{\"auth\":\"canary\"");
    assert_check_fails(scratch_path(&scratch, "bad.json"), "at byte");
}

static void test_the_usual_places_are_not_checked_at_the_start(void **state)
{
    struct error error = {0};
    struct credential_store *store = credential_store_new("docker");

    (void)state;
    write_file("home/.docker/config.json", "broken");
    assert_true(credential_store_check(store, &error));
    credential_store_free(store);
}

static void test_S34_what_is_no_file_or_too_large_is_not_read(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(scratch_path(&scratch, "pipe"), 0600), 0);
    assert_check_fails(scratch_path(&scratch, "pipe"), "it is not a file");
    assert_int_equal(symlink("/dev/zero", scratch_path(&scratch, "endless")), 0);
    assert_check_fails(scratch_path(&scratch, "endless"), "it is not a file");
    write_file("large.json", "{}");
    assert_int_equal(truncate(scratch_path(&scratch, "large.json"), 1024 * 1024 + 1), 0);
    assert_check_fails(scratch_path(&scratch, "large.json"), "larger than 1 MiB");
}

static void test_a_changed_file_is_read_again(void **state)
{
    struct credential_store *store = NULL;

    (void)state;
    write_file("auth.json", LOGIN("one"));
    store = credential_store_new(scratch_path(&scratch, "auth.json"));
    assert_finds(store, "one");
    assert_finds(store, "one");
    write_file("auth.json", LOGIN("two"));
    assert_finds(store, "two");
    write_file("auth.json", "{");
    assert_refuses(store, CREDENTIAL_TO_READ, "auth.json: ");
    write_file("auth.json", LOGIN("three"));
    assert_finds(store, "three");
    assert_int_equal(unlink(scratch_path(&scratch, "auth.json")), 0);
    assert_refuses(store, CREDENTIAL_TO_READ, "No such file");
    credential_store_free(store);
}

/* -- helpers -------------------------------------------------------------------------------- */

static void test_C6_a_helper_is_instead_of_the_files_secrets(void **state)
{
    (void)state;
    scratch_write_helper(&scratch, "good", ANSWER("helper"));
    scratch_write_helper(&scratch, "none", NONE);
    write_file("home/.docker/config.json",
               "{\"credsStore\":\"good\",\"auths\":{\"reg.x\":{\"auth\":\"dTpw\"}}}");
    assert_source_finds("docker", "helper");
    write_file("home/.docker/config.json",
               "{\"credsStore\":\"none\",\"auths\":{\"reg.x\":{\"auth\":\"dTpw\"}}}");
    assert_source_finds("docker", NULL);
    write_file("home/.docker/config.json",
               "{\"credsStore\":\"none\",\"credHelpers\":{\"reg.x\":\"\"},"
               "\"auths\":{\"reg.x\":{\"auth\":\"dTpw\"}}}");
    assert_source_finds("docker", "u");
}

static void test_C12_where_a_helper_has_none_the_next_place_is_asked(void **state)
{
    (void)state;
    scratch_write_helper(&scratch, "none", NONE);
    write_file("home/.docker/config.json", STORE("none"));
    write_file("run/containers/auth.json", LOGIN("podman"));
    assert_source_finds("docker", "podman");
}

static void test_C10_a_helper_is_asked_once_and_remembered(void **state)
{
    static const char *const scripts[] = {ANSWER("u"), NONE, "exit 1", "echo junk"};

    (void)state;
    write_file("home/.docker/config.json", STORE("good"));
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        struct error error;
        struct credential_store *store = credential_store_new("docker");
        write_counted_helper("good", scripts[i]);
        for (unsigned n = 0; n < 5; n++)
            credential_free(find(store, CREDENTIAL_TO_READ, &error));
        assert_int_equal(count_calls(), i + 1);
        credential_store_free(store);
    }
}

static void test_T27_a_rejected_credential_is_asked_for_again(void **state)
{
    struct error error;
    struct credential_store *store = credential_store_new("docker");

    (void)state;
    write_file("home/.docker/config.json", STORE("good"));
    write_counted_helper("good", ANSWER("old"));
    struct credential *old = find(store, CREDENTIAL_TO_READ, &error);
    write_counted_helper("good", ANSWER("new"));
    assert_finds(store, "old");
    assert_true(credential_store_reject(store, "reg.x", old));
    assert_false(credential_store_reject(store, "reg.x", old)); /* it is known no more */
    assert_finds(store, "new");
    assert_false(credential_store_reject(store, "reg.x", old)); /* the new one is not to blame */
    assert_finds(store, "new");
    assert_int_equal(count_calls(), 2);
    credential_free(old);
    credential_store_free(store);
}

static void test_a_rejected_credential_of_a_file_is_what_there_is(void **state)
{
    struct error error;
    struct credential_store *store = credential_store_new("docker");

    (void)state;
    write_file("home/.docker/config.json", LOGIN("u"));
    struct credential *credential = find(store, CREDENTIAL_TO_READ, &error);
    assert_false(credential_store_reject(store, "reg.x", credential));
    credential_free(credential);
    credential_store_free(store);
}

static void test_T28_a_missing_store_is_warned_of_once_and_read_without(void **state)
{
    struct credential_store *store = credential_store_new("docker");

    (void)state;
    write_file("home/.docker/config.json", STORE("absent"));
    write_file("run/containers/auth.json", LOGIN("podman")); /* C9: not another store's */
    assert_finds(store, NULL);
    assert_non_null(strstr(warning, "'docker-credential-absent' is not installed"));
    assert_non_null(strstr(warning, "home/.docker/config.json"));
    assert_finds(store, NULL);
    assert_string_equal(warning, "");
    assert_refuses(store, CREDENTIAL_TO_WRITE,
                   "home/.docker/config.json: the credential helper 'docker-credential-absent' is "
                   "not installed");
    assert_string_equal(warning, "");
    credential_store_free(store);
}

static void test_T28_a_missing_helper_of_the_very_registry_is_an_error(void **state)
{
    static const char why[] = "'docker-credential-absent' is not installed";
    struct credential_store *store = credential_store_new("docker");
    struct error error;

    (void)state;
    write_file("home/.docker/config.json", OWN_HELPER("absent"));
    assert_refuses(store, CREDENTIAL_TO_READ, why);
    assert_refuses(store, CREDENTIAL_TO_WRITE, why);
    assert_string_equal(warning, "");
    assert_null(find_for(store, "other.x", CREDENTIAL_TO_WRITE, &error));
    assert_int_equal(error.code, ERROR_NONE);
    credential_store_free(store);
}

static void test_T28_a_failing_helper_is_an_error_and_nobody_is_anonymous(void **state)
{
    static const char *const rows[][2] = {
        {"echo canary-junk", "does not answer with a Username and a Secret"},
        {"echo locked; exit 1", "failed: locked"},
        {"printf '{\"Username\":\"u:v\",\"Secret\":\"canary\"}'", "a colon in the username"},
    };

    (void)state;
    write_file("home/.docker/config.json", STORE("bad"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct credential_store *store = credential_store_new("docker");
        scratch_write_helper(&scratch, "bad", rows[i][0]);
        assert_refuses(store, CREDENTIAL_TO_READ, rows[i][1]);
        assert_refuses(store, CREDENTIAL_TO_READ,
                       "home/.docker/config.json: the credential helper");
        credential_store_free(store);
    }
    write_file("home/.docker/config.json", STORE("../evil"));
    struct credential_store *store = credential_store_new("docker");
    assert_refuses(store, CREDENTIAL_TO_READ, "no credential helper can be called");
    credential_store_free(store);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_C11_none_reads_nothing),
        CASE(test_C12_the_first_place_that_has_one_wins),
        CASE(test_C12_xdg_config_home_is_instead_of_homes),
        CASE(test_C1_docker_config_names_a_directory_instead_of_homes),
        CASE(test_without_a_home_there_is_nothing),
        CASE(test_an_empty_variable_is_none),
        CASE(test_C1_a_malformed_place_is_named_and_not_quoted),
        CASE(test_a_bad_entry_is_told_to_who_needs_it_only),
        CASE(test_a_path_is_a_file_or_a_directory_with_one),
        CASE(test_nothing_else_is_asked_than_the_path),
        CASE(test_a_path_is_checked_at_the_start),
        CASE(test_the_usual_places_are_not_checked_at_the_start),
        CASE(test_S34_what_is_no_file_or_too_large_is_not_read),
        CASE(test_a_changed_file_is_read_again),
        CASE(test_C6_a_helper_is_instead_of_the_files_secrets),
        CASE(test_C12_where_a_helper_has_none_the_next_place_is_asked),
        CASE(test_C10_a_helper_is_asked_once_and_remembered),
        CASE(test_T27_a_rejected_credential_is_asked_for_again),
        CASE(test_a_rejected_credential_of_a_file_is_what_there_is),
        CASE(test_T28_a_missing_store_is_warned_of_once_and_read_without),
        CASE(test_T28_a_missing_helper_of_the_very_registry_is_an_error),
        CASE(test_T28_a_failing_helper_is_an_error_and_nobody_is_anonymous),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

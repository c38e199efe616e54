/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What credential files say, in all the shapes docker, podman and Kubernetes give them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "registry/credential.h"
#include "registry/credential_file.h"

static struct credential_file *parsed(const char *text, enum credential_file_kind kind)
{
    struct error error = {0};
    struct credential_file *file = credential_file_parse(slice_from_string(text), kind, &error);

    if (!file)
        fail_msg("%s: %s", text, error.message);
    return file;
}

static void assert_user_after(const struct credential_file *file, const char *registry,
                              const char *repository, unsigned rejected, const char *user)
{
    struct error error = {.code = ERROR_INTERNAL};
    struct credential *credential =
        credential_file_find(file, registry, repository, rejected, &error);

    assert_int_equal(error.code, ERROR_NONE);
    if (!user && credential)
        fail_msg("%s/%s: '%s'", registry, repository, credential->username);
    if (user && (!credential || strcmp(credential->username, user) != 0))
        fail_msg("%s/%s: not '%s'", registry, repository, user);
    credential_free(credential);
}

static void assert_user(const struct credential_file *file, const char *registry,
                        const char *repository, const char *user)
{
    assert_user_after(file, registry, repository, 0, user);
}

static void assert_user_of(const char *text, enum credential_file_kind kind, const char *registry,
                           const char *repository, const char *user)
{
    CLEANUP(credential_file_unref_p) struct credential_file *file = parsed(text, kind);

    assert_user(file, registry, repository, user);
}

/* -- reading -------------------------------------------------------------------------------- */

static void test_C8_the_kinds_of_credentials(void **state)
{
    CLEANUP(credential_file_unref_p)
    struct credential_file *file = parsed("{\"auths\":{"
                                          "\"a.x\":{\"auth\":\"dXNlcjpwYTpzcw==\"},"
                                          "\"b.x\":{\"username\":\"u\",\"password\":\"p\"},"
                                          "\"c.x\":{\"identitytoken\":\"i\",\"auth\":\"dTo=\"},"
                                          "\"d.x\":{\"registrytoken\":\"r\"},"
                                          "\"e.x\":{\"auth\":\"dXNlcjpw\",\"email\":1,"
                                          "\"serveraddress\":\"other.x\"}}}",
                                          CREDENTIAL_FILE_OWN);
    struct error error = {0};

    (void)state;
    struct credential *basic = credential_file_find(file, "a.x", "r", 0, &error);
    assert_string_equal(basic->username, "user");
    assert_string_equal(basic->password, "pa:ss");
    struct credential *plain = credential_file_find(file, "b.x", "r", 0, &error);
    assert_string_equal(plain->username, "u");
    assert_string_equal(plain->password, "p");
    struct credential *identity = credential_file_find(file, "c.x", "r", 0, &error);
    assert_string_equal(identity->identity_token, "i");
    struct credential *registry = credential_file_find(file, "d.x", "r", 0, &error);
    assert_string_equal(registry->registry_token, "r");
    assert_null(registry->username);
    struct credential *addressed = credential_file_find(file, "e.x", "r", 0, &error);
    assert_true(credential_is_for(addressed, "e.x")); /* the key says for whom it is */
    credential_free(basic);
    credential_free(plain);
    credential_free(identity);
    credential_free(registry);
    credential_free(addressed);
}

static void test_what_says_nothing_is_nothing(void **state)
{
    static const char *const texts[] = {
        "",
        " \n",
        "\xef\xbb\xbf",
        "{}",
        "{\"auths\":{}}",
        "{\"auths\":null,\"credHelpers\":null,\"credsStore\":null}",
        "{\"auths\":{\"reg.x\":{}}}", /* docker's mark that a helper has it */
        "{\"auths\":{\"reg.x\":{\"auth\":\"\",\"email\":\"e\"}}}",
        "{\"auths\":{\"other.x\":{\"auth\":\"dTpw\"}}}",
        "{\"HttpHeaders\":{\"User-Agent\":\"x\"},\"psFormat\":\"table\",\"plugins\":{\"a\":{}}}",
        "{\"credsStore\":\"\",\"credHelpers\":{}}",
    };
    bool is_own = true;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CLEANUP(credential_file_unref_p)
        struct credential_file *file = parsed(texts[i], CREDENTIAL_FILE_OWN);
        assert_user(file, "reg.x", "r", NULL);
        assert_null(credential_file_helper(file, "reg.x", &is_own));
        assert_false(is_own);
    }
}

static void test_C1_a_byte_order_mark_is_passed_over(void **state)
{
    (void)state;
    assert_user_of("\xef\xbb\xbf{\"auths\":{\"reg.x\":{\"auth\":\"dTpw\"}}}\r\n",
                   CREDENTIAL_FILE_OWN, "reg.x", "r", "u");
}

static void test_C1_what_is_malformed_is_refused_and_never_quoted(void **state)
{
    static const struct {
        const char *text;
        enum credential_file_kind kind;
        const char *why;
    } rows[] = {
        {"", CREDENTIAL_FILE_VARIABLE, "nothing else"},
        {"canary", CREDENTIAL_FILE_OWN, "expected"},
        {"{\"auths\":{\"reg.x\":{\"auth\":\"canary", CREDENTIAL_FILE_OWN, "at byte"},
        {"{\"auths\":{\"reg.x\":{\"auth\":\"canary\",}}}", CREDENTIAL_FILE_OWN, "expected"},
        {"[{\"auth\":\"canary\"}]", CREDENTIAL_FILE_OWN, "not an object"},
        {"{\"auths\":[\"canary\"]}", CREDENTIAL_FILE_OWN, "'auths' is not an object"},
        {"{\"auths\":\"canary\"}", CREDENTIAL_FILE_OWN, "'auths' is not an object"},
        {"{\"credHelpers\":\"canary\"}", CREDENTIAL_FILE_OWN, "'credHelpers' is not an object"},
        {"{\"credHelpers\":{\"reg.x\":{\"canary\":1}}}", CREDENTIAL_FILE_OWN,
         "'credHelpers' names no helper for 'reg.x'"},
        {"{\"credsStore\":[\"canary\"]}", CREDENTIAL_FILE_OWN, "'credsStore' is not a string"},
        {"{\"auths\":{\"reg.x\":{},\"reg.x\":{\"auth\":\"canary\"}}}", CREDENTIAL_FILE_OWN,
         "repeated key"},
        {"{\"auths\":{},\"credsStore\":\"canary\"}", CREDENTIAL_FILE_VARIABLE, "nothing else"},
        {"{\"auths\":{},\"canary\":1}", CREDENTIAL_FILE_VARIABLE, "nothing else"},
        {"{\"reg.x\":{\"auth\":\"canary\"}}", CREDENTIAL_FILE_VARIABLE, "nothing else"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        if (credential_file_parse(slice_from_string(rows[i].text), rows[i].kind, &error))
            fail_msg("%s is taken", rows[i].text);
        if (!strstr(error.message, rows[i].why))
            fail_msg("%s: %s", rows[i].text, error.message);
        assert_null(strstr(error.message, "canary"));
    }
}

static void test_C3_a_bad_entry_spoils_only_itself(void **state)
{
    static const struct {
        const char *entry;
        const char *why;
    } rows[] = {
        {"{\"auth\":\"Y2FuYXJ5\"}", "without a username and a colon"},
        {"{\"auth\":\"OmNhbmFyeQ==\"}", "without a username and a colon"},
        {"{\"auth\":\"!canary!\"}", "not base64"},
        {"{\"auth\":[\"canary\"]}", "not a string"},
        {"\"canary\"", "something else than an object"},
        {"{\"password\":\"canary\"}", "without a username"},
        {"{\"username\":\"u\",\"password\":\"canary\\n\"}", "control byte"},
        {"{\"registrytoken\":\"canary\\r\\nX: y\"}", "cannot stand in a header"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[256];
        struct error error = {0};
        (void)snprintf(text, sizeof(text),
                       "{\"auths\":{\"bad.x\":%s,\"good.x\":{\"auth\":\"dTpw\"}}}", rows[i].entry);
        CLEANUP(credential_file_unref_p)
        struct credential_file *file = parsed(text, CREDENTIAL_FILE_OWN);
        assert_user(file, "good.x", "r", "u");
        assert_user(file, "third.x", "r", NULL);
        assert_null(credential_file_find(file, "bad.x", "r", 0, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_non_null(strstr(error.message, "the entry for 'bad.x' holds"));
        if (!strstr(error.message, rows[i].why))
            fail_msg("%s: %s", rows[i].entry, error.message);
        assert_null(strstr(error.message, "canary"));
    }
}

static void test_an_endless_secret_is_a_fault_of_its_entry(void **state)
{
    static const size_t endless = 16384;
    static char text[64 * 1024];
    size_t start = 0;
    struct error error = {0};

    (void)state;
    start = (size_t)snprintf(text, sizeof(text), "{\"auths\":{\"a.x\":{\"username\":\"");
    memset(text + start, 'u', endless);
    (void)snprintf(text + start + endless, 64, "\"},\"b.x\":{\"auth\":\"dTpw\"}}}");
    CLEANUP(credential_file_unref_p)
    struct credential_file *file = parsed(text, CREDENTIAL_FILE_OWN);
    assert_user(file, "b.x", "r", "u");
    assert_null(credential_file_find(file, "a.x", "r", 0, &error));
    assert_non_null(strstr(error.message, "longer than 16 KiB"));
}

/* -- finding -------------------------------------------------------------------------------- */

static void test_C6_the_best_entry_is_taken(void **state)
{
    static const char text[] = "{\"auths\":{"
                               "\"http://reg.x\":{\"username\":\"scheme\"},"
                               "\"reg.x\":{\"username\":\"exact\"},"
                               "\"reg.x/team\":{\"username\":\"team\"},"
                               "\"reg.x/team/app\":{\"username\":\"app\"},"
                               "\"reg.x:5000\":{\"username\":\"port\"},"
                               "\"docker.io\":{\"username\":\"hub-host\"},"
                               "\"https://index.docker.io/v1/\":{\"username\":\"hub\"},"
                               "\"docker.io/library\":{\"username\":\"library\"},"
                               "\"https://old.x/v1/\":{\"username\":\"old\"}}}";
    static const char *const rows[][3] = {
        {"reg.x", "a", "exact"},
        {"reg.x", "teams/a", "exact"},
        {"reg.x", "team/a", "team"},
        {"reg.x", "team/app", "app"},
        {"reg.x", "team/app/a", "app"},
        {"reg.x", "team/apps", "team"},
        {"reg.x:5000", "team/app", "port"},
        {"reg.x:5001", "a", NULL},
        {"docker.io", "me/a", "hub"},
        {"docker.io", "library/a", "library"},
        {"index.docker.io", "me/a", "hub"},
        {"old.x", "a", "old"},
        {"xreg.x", "a", NULL},
        {"reg.x.evil", "a", NULL},
    };
    CLEANUP(credential_file_unref_p)
    struct credential_file *file = parsed(text, CREDENTIAL_FILE_OWN);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_user(file, rows[i][0], rows[i][1], rows[i][2]);
}

static void test_C12_dockercfg_has_its_entries_at_the_top(void **state)
{
    static const char text[] =
        "{\"https://index.docker.io/v1/\":{\"auth\":\"dTpw\",\"email\":\"\"}}";

    (void)state;
    assert_user_of(text, CREDENTIAL_FILE_OWN, "docker.io", "library/a", "u");
    assert_user_of(text, CREDENTIAL_FILE_NAMED, "docker.io", "library/a", "u");
    assert_user_of(text, CREDENTIAL_FILE_OWN, "reg.x", "a", NULL);
}

static void test_C13_patterns_count_only_in_files_the_operator_names(void **state)
{
    static const char text[] = "{\"auths\":{\"*.reg.x\":{\"username\":\"wide\"},"
                               "\"a.reg.x\":{\"username\":\"narrow\"}}}";

    (void)state;
    assert_user_of(text, CREDENTIAL_FILE_NAMED, "a.reg.x", "r", "narrow");
    assert_user_of(text, CREDENTIAL_FILE_NAMED, "b.reg.x", "r", "wide");
    assert_user_of(text, CREDENTIAL_FILE_NAMED, "b.c.reg.x", "r", NULL);
    assert_user_of(text, CREDENTIAL_FILE_OWN, "b.reg.x", "r", NULL);
    assert_user_of(text, CREDENTIAL_FILE_VARIABLE, "b.reg.x", "r", NULL);
}

static void test_C13_what_is_rejected_is_followed_by_the_next_best(void **state)
{
    static const char text[] =
        "{\"auths\":{\"*.reg.x\":{\"username\":\"widest\"},\"a.reg.x/v2/\":{\"username\":\"second\"},"
        "\"other.x\":{\"username\":\"no\"},\"https://A.reg.x\":{\"username\":\"third\"},"
        "\"a.reg.x/team\":{\"username\":\"first\"},\"a.reg.x/tea\":{\"username\":\"no\"},"
        "\"*.*.x\":{\"username\":\"as wide\"}}}";
    static const char *const users[] = {"first",   "second", "third", "widest",
                                        "as wide", NULL,     NULL};
    CLEANUP(credential_file_unref_p)
    struct credential_file *named = parsed(text, CREDENTIAL_FILE_NAMED);
    CLEANUP(credential_file_unref_p)
    struct credential_file *own = parsed(text, CREDENTIAL_FILE_OWN);

    (void)state;
    for (unsigned i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        assert_user_after(named, "a.reg.x", "team/app", i, users[i]);
        assert_user_after(own, "a.reg.x", "team/app", i, i == 0 ? "first" : NULL);
    }
}

static void test_C6_a_registrys_own_helper_comes_before_the_store(void **state)
{
    static const struct {
        const char *registry;
        const char *helper;
        bool is_own;
    } rows[] = {
        {"reg.x", "own", true},       {"docker.io", "hub", true}, {"file.x", NULL, true},
        {"reg.x:5000", "all", false}, {"other.x", "all", false},  {"path.x", "all", false},
    };
    CLEANUP(credential_file_unref_p)
    struct credential_file *file = parsed(
        "{\"credsStore\":\"all\",\"credHelpers\":{\"https://reg.x\":\"wrong\",\"reg.x\":\"own\","
        "\"index.docker.io\":\"hub\",\"file.x\":\"\",\"path.x/team\":\"team\"}}",
        CREDENTIAL_FILE_OWN);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_own = !rows[i].is_own;
        const char *helper = credential_file_helper(file, rows[i].registry, &is_own);
        if (!helper != !rows[i].helper || (helper && strcmp(helper, rows[i].helper) != 0))
            fail_msg("%s: %s", rows[i].registry, helper ? helper : "none");
        assert_int_equal(is_own, rows[i].is_own);
    }
}

static void test_a_reference_keeps_it(void **state)
{
    struct credential_file *file =
        parsed("{\"auths\":{\"reg.x\":{\"auth\":\"dTpw\"}}}", CREDENTIAL_FILE_OWN);

    (void)state;
    assert_ptr_equal(credential_file_ref(file), file);
    credential_file_unref(file);
    assert_user(file, "reg.x", "r", "u");
    credential_file_unref(file);
    credential_file_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_C8_the_kinds_of_credentials),
        cmocka_unit_test(test_what_says_nothing_is_nothing),
        cmocka_unit_test(test_C1_a_byte_order_mark_is_passed_over),
        cmocka_unit_test(test_C1_what_is_malformed_is_refused_and_never_quoted),
        cmocka_unit_test(test_C3_a_bad_entry_spoils_only_itself),
        cmocka_unit_test(test_an_endless_secret_is_a_fault_of_its_entry),
        cmocka_unit_test(test_C6_the_best_entry_is_taken),
        cmocka_unit_test(test_C12_dockercfg_has_its_entries_at_the_top),
        cmocka_unit_test(test_C13_patterns_count_only_in_files_the_operator_names),
        cmocka_unit_test(test_C13_what_is_rejected_is_followed_by_the_next_best),
        cmocka_unit_test(test_C6_a_registrys_own_helper_comes_before_the_store),
        cmocka_unit_test(test_a_reference_keeps_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

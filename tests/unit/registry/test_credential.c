/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X-Registry-Auth: what it may hold, which registry it is for, and whose answers it may share.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/escape.h"
#include "registry/credential.h"

/* As docker does it: base64 of the JSON text. */
static struct credential *parse_json(const char *text, struct error *error)
{
    struct buffer header = BUFFER_INIT(32768);

    assert_true(escape_base64_encode(&header, slice_from_string(text)));
    struct credential *credential = credential_parse(buffer_slice(&header), error);
    buffer_release(&header);
    return credential;
}

static struct credential *parsed(const char *text)
{
    struct error error = {0};
    struct credential *credential = parse_json(text, &error);

    if (!credential)
        fail_msg("%s: %s", text, error.message);
    return credential;
}

static void assert_same(const char *text, const char *expected)
{
    assert_string_equal(text ? text : "(absent)", expected ? expected : "(absent)");
}

static void test_C8_the_kinds_of_credentials(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *username;
        const char *password;
        const char *identity_token;
        const char *registry_token;
        const char *server_address;
    } rows[] = {
        {"{\"username\":\"u\",\"password\":\"p\"}", "u", "p", NULL, NULL, NULL},
        {"{\"username\":\"u\",\"password\":\"p\",\"email\":\"e\",\"new\":[1,{}],"
         "\"serveraddress\":\"reg:5000\"}",
         "u", "p", NULL, NULL, "reg:5000"},
        {"{\"username\":\"u\"}", "u", "", NULL, NULL, NULL},
        {"{\"username\":\"\",\"password\":\"\",\"identitytoken\":\"i\"}", NULL, NULL, "i", NULL,
         NULL},
        {"{\"registrytoken\":\"a.b-c_d/e+f=\"}", NULL, NULL, NULL, "a.b-c_d/e+f=", NULL},
        {"{\"username\":\"robot$x+y\",\"password\":\"a:b \\\"\\u00e4\\\\\"}", "robot$x+y",
         "a:b \"\xc3\xa4\\", NULL, NULL, NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct credential *credential = parsed(rows[i].json);
        assert_same(credential->username, rows[i].username);
        assert_same(credential->password, rows[i].password);
        assert_same(credential->identity_token, rows[i].identity_token);
        assert_same(credential->registry_token, rows[i].registry_token);
        assert_same(credential->server_address, rows[i].server_address);
        credential_free(credential);
    }
}

/* {"username":"~?>?~","password":"p"}: both alphabets differ in it. */
static void test_both_alphabets_with_and_without_padding(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "eyJ1c2VybmFtZSI6In4/Pj9+IiwicGFzc3dvcmQiOiJwIn0=",
        "eyJ1c2VybmFtZSI6In4/Pj9+IiwicGFzc3dvcmQiOiJwIn0",
        "eyJ1c2VybmFtZSI6In4_Pj9-IiwicGFzc3dvcmQiOiJwIn0=",
        "  eyJ1c2VybmFtZSI6In4_Pj9-IiwicGFzc3dvcmQiOiJwIn0 ",
    };

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct error error = {0};
        struct credential *credential = credential_parse(slice_from_string(headers[i]), &error);
        assert_non_null(credential);
        assert_string_equal(credential->username, "~?>?~");
        credential_free(credential);
    }
}

static void test_C4_the_vectors_of_auth(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *username; /* NULL: refused */
        const char *password;
    } rows[] = {
        {"{\"auth\":\"dXNlcjpwYTpzcw==\"}", "user", "pa:ss"},
        {"{\"auth\":\"dXNlcjpwYTpzcw\"}", "user", "pa:ss"},
        {"{\"auth\":\"dXNlcjo=\"}", "user", ""},
        {"{\"auth\":\"dXNlcjpwAAA=\"}", "user", "p"}, /* NULs behind the password */
        {"{\"auth\":\"dXNlcjpw\",\"username\":\"x\",\"password\":\"y\"}", "user", "p"},
        {"{\"auth\":\"\",\"username\":\"x\",\"password\":\"y\"}", "x", "y"},
        {"{\"auth\":\"dXNlcg==\"}", NULL, NULL},     /* no colon */
        {"{\"auth\":\"Ong=\"}", NULL, NULL},         /* no user */
        {"{\"auth\":\"dXNl!!!!\"}", NULL, NULL},     /* no base64 */
        {"{\"auth\":\"dXNlcjpwAHA=\"}", NULL, NULL}, /* a NUL inside */
        {"{\"auth\":\"dXNlcjpwCnA=\"}", NULL, NULL}, /* a line feed */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        struct credential *credential = parse_json(rows[i].json, &error);
        assert_int_equal(credential != NULL, rows[i].username != NULL);
        assert_int_equal(error.code, credential ? ERROR_NONE : ERROR_INVALID);
        if (credential) {
            assert_string_equal(credential->username, rows[i].username);
            assert_string_equal(credential->password, rows[i].password);
        }
        credential_free(credential);
    }
}

static void test_nothing_to_log_in_with_is_anonymous(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "",
        " ",
        "e30=",                                     /* {} */
        "eyJzZXJ2ZXJhZGRyZXNzIjoicmVnIn0=",         /* {"serveraddress":"reg"} */
        "eyJ1c2VybmFtZSI6IiIsInBhc3N3b3JkIjoiIn0=", /* both empty */
    };

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct error error = {.code = ERROR_INTERNAL};
        assert_null(credential_parse(slice_from_string(headers[i]), &error));
        assert_int_equal(error.code, ERROR_NONE);
    }
}

static void test_S18_what_is_malformed_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *why;
    } rows[] = {
        {"", "base64 of a JSON object"},
        {"canary", "base64 of a JSON object"},
        {"[\"canary\"]", "base64 of a JSON object"},
        {"{\"username\":\"canary\",\"username\":\"x\"}", "base64 of a JSON object"},
        {"{\"username\":1}", "not a string"},
        {"{\"username\":null}", "not a string"},
        {"{\"username\":\"u\",\"password\":[\"canary\"]}", "not a string"},
        {"{\"password\":\"canary\"}", "without a username"},
        {"{\"username\":\"can:ary\",\"password\":\"p\"}", "colon"},
        {"{\"username\":\"u\",\"password\":\"can\\r\\nary\"}", "control byte"},
        {"{\"username\":\"u\\u007f\",\"password\":\"canary\"}", "control byte"},
        {"{\"identitytoken\":\"can\\nary\"}", "cannot stand in a header"},
        {"{\"registrytoken\":\"canary\\u0001\"}", "cannot stand in a header"},
        {"{\"registrytoken\":\"canary\\u00e4\"}", "cannot stand in a header"},
        {"{\"username\":\"u\",\"serveraddress\":\"reg\\r\\ncanary\"}", "cannot stand in a header"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        struct credential *credential = i == 0 ? credential_parse(SLICE("!!!!canary"), &error)
                                               : parse_json(rows[i].json, &error);
        if (credential)
            fail_msg("%s is taken", rows[i].json);
        assert_int_equal(error.code, ERROR_INVALID);
        if (!strstr(error.message, rows[i].why))
            fail_msg("%s: %s", rows[i].json, error.message);
        assert_null(strstr(error.message, "canary"));
    }
}

static void test_an_endless_header_is_refused(void **state)
{
    (void)state;
    static char header[16 * 1024 + 1];
    struct error error = {0};

    memset(header, 'A', sizeof(header));
    assert_null(credential_parse(slice_of(header, sizeof(header)), &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_non_null(strstr(error.message, "16 KiB"));
}

/* -- identity ------------------------------------------------------------------------------- */

static void test_A12_equal_secrets_have_one_identity(void **state)
{
    (void)state;
    struct credential *one = parsed("{\"username\":\"u\",\"password\":\"p\"}");
    struct credential *two = parsed("{\"auth\":\"dTpw\",\"serveraddress\":\"reg\"}");
    struct credential *three = credential_new(SLICE("u"), SLICE("p"));
    char identity[CREDENTIAL_IDENTITY_SIZE];

    credential_identity(one, identity);
    assert_int_equal(strlen(identity), 32);
    assert_int_equal(strspn(identity, "0123456789abcdef"), 32);
    assert_string_equal(identity, two->identity);
    assert_string_equal(identity, three->identity);
    credential_free(one);
    credential_free(two);
    credential_free(three);
}

static void test_A12_other_secrets_have_another_identity(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{\"username\":\"ab\",\"password\":\"c\"}",
        "{\"username\":\"a\",\"password\":\"bc\"}",
        "{\"username\":\"abc\"}",
        "{\"identitytoken\":\"abc\"}",
        "{\"registrytoken\":\"abc\"}",
        "{\"username\":\"abc\",\"password\":\"x\"}",
        "{\"username\":\"ab\",\"password\":\"C\"}",
        "{\"username\":\"a\",\"identitytoken\":\"bc\"}",
        "{\"username\":\"a\",\"registrytoken\":\"bc\"}",
    };
    enum {
        COUNT = sizeof(rows) / sizeof(rows[0])
    };
    char identities[COUNT][CREDENTIAL_IDENTITY_SIZE];

    for (size_t i = 0; i < COUNT; i++) {
        struct credential *credential = parsed(rows[i]);
        credential_identity(credential, identities[i]);
        credential_free(credential);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(identities[i], identities[j]);
    }
}

static void test_nobody_has_the_empty_identity(void **state)
{
    (void)state;
    char identity[CREDENTIAL_IDENTITY_SIZE] = "x";

    credential_identity(NULL, identity);
    assert_string_equal(identity, "");
}

/* -- use ------------------------------------------------------------------------------------ */

static void test_C7_a_credential_is_for_its_whole_host(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        const char *registry;
        bool is_for;
    } rows[] = {
        {"registry.example.com", "registry.example.com", true},
        {"REGISTRY.example.com", "registry.example.com", true},
        {"https://registry.example.com", "registry.example.com", true},
        {"http://registry.example.com/", "registry.example.com", true},
        {"https://registry.example.com/v1/", "registry.example.com", true},
        {"registry.example.com/v2", "registry.example.com", true},
        {"reg:5000", "reg:5000", true},
        {"https://index.docker.io/v1/", "docker.io", true},
        {"docker.io", "registry-1.docker.io", true},
        {"registry.example.com", "registry.example.com.evil.net", false},
        {"registry.example.com", "evilregistry.example.com", false},
        {"registry.example.com", "registry.example.com:444", false},
        {"registry.example.com:444", "registry.example.com", false},
        {"registry.example.com/team", "registry.example.com", false},
        {"https://registry.example.com/v1/x", "registry.example.com", false},
        {"https://https://registry.example.com", "registry.example.com", false},
        {"docker.io", "ghcr.io", false},
        {"evildocker.io", "docker.io", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char address[64];
        assert_true(strlen(rows[i].address) < sizeof(address));
        memcpy(address, rows[i].address, strlen(rows[i].address) + 1);
        const struct credential credential = {.server_address = address};
        if (credential_is_for(&credential, rows[i].registry) != rows[i].is_for)
            fail_msg("%s for %s", rows[i].address, rows[i].registry);
    }
}

static void test_without_a_server_address_it_is_for_whichever_is_asked(void **state)
{
    (void)state;
    const struct credential credential = {0};

    assert_true(credential_is_for(&credential, "ghcr.io"));
}

static void test_basic_is_the_base64_of_user_and_password(void **state)
{
    (void)state;
    struct buffer out = BUFFER_INIT(256);
    struct credential *credential = credential_new(SLICE("Aladdin"), SLICE("open sesame"));

    assert_true(credential_write_basic(credential, &out));
    assert_string_equal(buffer_string(&out), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    credential_free(credential);

    buffer_clear(&out);
    credential = credential_new(SLICE("u"), SLICE(""));
    assert_true(credential_write_basic(credential, &out));
    assert_string_equal(buffer_string(&out), "Basic dTo=");
    credential_free(credential);
    buffer_release(&out);
}

static void test_basic_needs_a_user_and_room(void **state)
{
    (void)state;
    struct buffer small = BUFFER_INIT(8);
    struct credential *token = parsed("{\"registrytoken\":\"t\"}");
    struct credential *user = credential_new(SLICE("u"), SLICE("p"));

    assert_false(credential_write_basic(token, &small));
    assert_false(credential_write_basic(user, &small));
    buffer_release(&small);
    credential_free(token);
    credential_free(user);
}

static void test_S18_the_operators_credentials_are_checked_too(void **state)
{
    (void)state;
    assert_null(credential_new(SLICE("u"), SLICE("p\r\nX: y")));
    assert_null(credential_new(SLICE("u:v"), SLICE("p")));
    assert_null(credential_new(SLICE(""), SLICE("p")));
    credential_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_C8_the_kinds_of_credentials),
        cmocka_unit_test(test_both_alphabets_with_and_without_padding),
        cmocka_unit_test(test_C4_the_vectors_of_auth),
        cmocka_unit_test(test_nothing_to_log_in_with_is_anonymous),
        cmocka_unit_test(test_S18_what_is_malformed_is_refused),
        cmocka_unit_test(test_an_endless_header_is_refused),
        cmocka_unit_test(test_A12_equal_secrets_have_one_identity),
        cmocka_unit_test(test_A12_other_secrets_have_another_identity),
        cmocka_unit_test(test_nobody_has_the_empty_identity),
        cmocka_unit_test(test_C7_a_credential_is_for_its_whole_host),
        cmocka_unit_test(test_without_a_server_address_it_is_for_whichever_is_asked),
        cmocka_unit_test(test_basic_is_the_base64_of_user_and_password),
        cmocka_unit_test(test_basic_needs_a_user_and_room),
        cmocka_unit_test(test_S18_the_operators_credentials_are_checked_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

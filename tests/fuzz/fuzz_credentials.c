/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A credential file: the first line is the registry and the repository that are asked for, the rest
 * is the file. Whatever is in it, what is found can be sent to a registry.
 */
#include <string.h>

#include "base/escape.h"
#include "registry/credential.h"
#include "registry/credential_file.h"
#include "tests/fuzz/fuzz.h"

enum {
    NAME_MAX_BYTES = 1024,
    BASIC_MAX = 128 * 1024
};

static void check_credential(const struct credential *credential)
{
    struct buffer basic = BUFFER_INIT(BASIC_MAX);

    must(credential->username || credential->identity_token || credential->registry_token);
    must(!credential->username == !credential->password && !credential->server_address);
    must(escape_is_header_safe(slice_from_string(credential->identity_token)));
    must(escape_is_header_safe(slice_from_string(credential->registry_token)));
    if (credential->username) {
        must(!strpbrk(credential->username, ":\r\n") && !strpbrk(credential->password, "\r\n"));
        must(credential_write_basic(credential, &basic));
    }
    buffer_release(&basic);
}

static void check(struct slice text, enum credential_file_kind kind, const char *registry,
                  const char *repository)
{
    struct error error = {0};
    CLEANUP(credential_file_unref_p)
    struct credential_file *file = credential_file_parse(text, kind, &error);
    bool is_own = false;

    if (!file) {
        must(error.code == ERROR_INVALID || error.code == ERROR_TOO_LARGE);
        return;
    }
    const char *helper = credential_file_helper(file, registry, &is_own);
    must(!helper || helper[0]);
    struct credential *credential = credential_file_find(file, registry, repository, 0, &error);
    must(error.code == ERROR_NONE || (!credential && error.code == ERROR_INVALID));
    if (credential)
        check_credential(credential);
    credential_free(credential);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_input(data, size);
    struct slice repository = fuzz_take_until(&text, '\n');
    struct slice registry = fuzz_take_until(&repository, '/');
    char names[2][NAME_MAX_BYTES] = {"", ""};

    if (registry.length >= NAME_MAX_BYTES || repository.length >= NAME_MAX_BYTES)
        return 0;
    if (registry.length)
        memcpy(names[0], registry.data, registry.length);
    if (repository.length)
        memcpy(names[1], repository.data, repository.length);
    check(text, CREDENTIAL_FILE_OWN, names[0], names[1]);
    check(text, CREDENTIAL_FILE_NAMED, names[0], names[1]);
    check(text, CREDENTIAL_FILE_VARIABLE, names[0], names[1]);
    return 0;
}

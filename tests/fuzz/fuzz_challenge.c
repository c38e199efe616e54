/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WWW-Authenticate: each line of the input is one header's value.
 */
#include "registry/challenge.h"
#include "tests/fuzz/fuzz.h"

enum {
    HEADERS_MAX = 16
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = fuzz_input(data, size);
    struct slice values[HEADERS_MAX];
    size_t count = 0;
    struct challenge challenge = {0};
    struct error error = {0};

    while (count < HEADERS_MAX && rest.length)
        values[count++] = fuzz_take_until(&rest, '\n');
    if (!challenge_choose(values, count, &challenge, &error)) {
        must(error.code == ERROR_UPSTREAM);
        return 0;
    }
    /* A token is asked of the realm: without one there is nothing to ask. */
    must(challenge.scheme == CHALLENGE_BASIC || (challenge.realm && challenge.realm[0]));
    challenge_release(&challenge);
    return 0;
}

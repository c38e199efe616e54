/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Link header's value: the target found lies within it, between angle brackets.
 */
#include "registry/link.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice header = fuzz_input(data, size);
    struct slice target = {0};

    if (!link_find_next(header, &target) || target.length == 0)
        return 0;
    must(target.data > header.data && target.data[-1] == '<');
    must(target.data + target.length < header.data + header.length);
    must(target.data[target.length] == '>');
    must(slice_find(target, '>') < 0);
    return 0;
}

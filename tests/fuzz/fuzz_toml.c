/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts.toml: what is read is a table whose parts are what their kinds say, on lines that exist.
 */
#include "config/toml.h"
#include "tests/fuzz/fuzz.h"

enum {
    DEPTH_MAX = 100 /* more than the reader allows */
};

static void check(const struct toml *node, unsigned lines, unsigned depth)
{
    must(depth < DEPTH_MAX);
    must(node->line <= lines);
    must((node->kind == TOML_STRING) == (node->text != NULL));
    must(!node->first == !node->last);
    for (const struct toml *child = node->first; child; child = child->next) {
        must((node->kind == TOML_TABLE) == (child->key != NULL));
        check(child, lines, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_input(data, size);
    unsigned lines = 1;
    struct error error;

    for (size_t i = 0; i < text.length; i++)
        lines += text.data[i] == '\n';
    CLEANUP(toml_free_p) struct toml *toml = toml_parse(text, "fuzz", &error);
    if (!toml)
        return 0;
    must(toml->kind == TOML_TABLE);
    check(toml, lines, 0);
    return 0;
}

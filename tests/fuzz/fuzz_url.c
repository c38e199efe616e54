/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs from registries. What url_parse() has let through must mean the same to the next reader
 * (rule S29): read again, its text gives the same scheme, host and port.
 */
#include <string.h>

#include "registry/authority.h"
#include "registry/url.h"
#include "tests/fuzz/fuzz.h"

static void check(struct slice text, const char *base)
{
    struct url url = {0};
    struct url again = {0};
    struct authority authority;
    struct error error = {0};

    if (!url_parse(text, base, "redirect", &url, &error)) {
        must(error.code == ERROR_UPSTREAM);
        return;
    }
    must(authority_parse(slice_from_string(url.host), &authority) && authority.port == 0);
    must(url.host[strcspn(url.host, "@/\\#?% ")] == '\0');
    must(url_parse(slice_from_string(url.text), NULL, "redirect", &again, &error));
    must(url_same_origin(&url, &again) && strcmp(url.text, again.text) == 0);
    url_release(&url);
    url_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_input(data, size);

    check(text, NULL);
    check(text, "https://registry.example:5000/v2/a/manifests/x?y=z");
    return 0;
}

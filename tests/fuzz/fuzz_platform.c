/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A platform asked for in the first line, platforms offered in the others as
 * "os/architecture/variant/os.version": what is accepted is equal to what it is written as, and
 * what is offered runs on itself.
 */
#include "manifest/manifest.h"
#include "tests/fuzz/fuzz.h"

enum {
    OFFERED_MAX = 16,
    PARTS = 4,
    TEXT_MAX = 1024
};

struct offer {
    char *parts[PARTS];
    struct platform platform;
};

static void offer_read(struct offer *offer, struct slice line)
{
    for (size_t i = 0; i < PARTS; i++) {
        offer->parts[i] = slice_copy(fuzz_take_until(&line, '/'));
        must(offer->parts[i]);
    }
    offer->platform = (struct platform){.os = offer->parts[0],
                                        .architecture = offer->parts[1],
                                        .variant = offer->parts[2],
                                        .os_version = offer->parts[3]};
}

static void offer_release(struct offer *offer)
{
    for (size_t i = 0; i < PARTS; i++)
        free(offer->parts[i]);
}

static void check_asked(const struct platform *asked)
{
    struct error error;
    struct buffer text = BUFFER_INIT(TEXT_MAX);

    must(platform_write_version(asked, &text));
    struct platform *again = platform_parse(buffer_slice(&text), &error);
    must(again && platform_equal(asked, again));
    must(platform_runs(asked, again, 1) == 0);
    platform_free(again);
    buffer_release(&text);
}

static void check_offered(const struct platform *asked, const struct platform *offered,
                          size_t count)
{
    ptrdiff_t found = platform_runs(asked, offered, count);

    must(found >= -1 && found < (ptrdiff_t)count);
    for (size_t i = 0; i < count; i++)
        must(!platform_equal(asked, &offered[i]) || found >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error;
    struct slice rest = fuzz_input(data, size);
    struct platform *asked = platform_parse(fuzz_take_until(&rest, '\n'), &error);
    struct platform offered[OFFERED_MAX];
    struct offer offers[OFFERED_MAX];
    size_t count = 0;

    if (!asked)
        return 0;
    check_asked(asked);
    for (; rest.length && count < OFFERED_MAX; count++) {
        offer_read(&offers[count], fuzz_take_until(&rest, '\n'));
        offered[count] = offers[count].platform;
    }
    check_offered(asked, offered, count);
    for (size_t i = 0; i < count; i++)
        offer_release(&offers[i]);
    platform_free(asked);
    return 0;
}

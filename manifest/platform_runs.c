/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What would run on a machine although it is not what was asked for (rules L3, L5, L6).
 *
 * Processors of a family stand on a ladder, the most able one on top, and each runs what was built
 * for itself and for the rungs below. The one exception: Arm's v9.N is v8.(N+5) with more, so from
 * a rung of v9 the first v8 that runs is five rungs down, not the next one.
 */
#include <string.h>

#include "manifest/ascii.h"
#include "manifest/manifest.h"
#include "manifest/platform.h"

struct rung {
    const char *architecture;
    const char *variant;
};

/* In normal form (L2): plain amd64 is v1, plain arm64 is v8, arm always has a variant. */
static const struct rung x86[] = {
    {"amd64", "v4"}, {"amd64", "v3"}, {"amd64", "v2"}, {"amd64", ""}, {"386", ""},
};
static const struct rung arm[] = {
    {"arm64", "v9.7"}, {"arm64", "v9.6"}, {"arm64", "v9.5"}, {"arm64", "v9.4"}, {"arm64", "v9.3"},
    {"arm64", "v9.2"}, {"arm64", "v9.1"}, {"arm64", "v9"},   {"arm64", "v8.9"}, {"arm64", "v8.8"},
    {"arm64", "v8.7"}, {"arm64", "v8.6"}, {"arm64", "v8.5"}, {"arm64", "v8.4"}, {"arm64", "v8.3"},
    {"arm64", "v8.2"}, {"arm64", "v8.1"}, {"arm64", ""},     {"arm", "v8"},     {"arm", "v7"},
    {"arm", "v6"},     {"arm", "v5"},
};

enum {
    X86_RUNGS = sizeof(x86) / sizeof(x86[0]),
    ARM_RUNGS = sizeof(arm) / sizeof(arm[0]),
    ARM_V9 = 7,       /* the lowest rung of v9 */
    ARM_V9_TO_V8 = 5, /* rungs from v9.N to v8.(N+5) */
    NOT_ON_LADDER = -1,
    DOES_NOT_RUN = -1
};

static int find_rung(const struct rung *ladder, int count, const struct platform_normal *processor)
{
    for (int i = 0; i < count; i++) {
        struct slice architecture = slice_from_string(ladder[i].architecture);
        struct slice variant = slice_from_string(ladder[i].variant);
        if (slice_equal_ignoring_case(processor->architecture, architecture) &&
            slice_equal_ignoring_case(processor->variant, variant))
            return i;
    }
    return NOT_ON_LADDER;
}

/* Steps down from what was asked to what is offered; the fewer the better. */
static int distance(const struct platform_normal *asked, const struct platform_normal *offered)
{
    int from = find_rung(x86, X86_RUNGS, asked);
    if (from != NOT_ON_LADDER) {
        int to = find_rung(x86, X86_RUNGS, offered);
        return to < from ? DOES_NOT_RUN : to - from;
    }

    from = find_rung(arm, ARM_RUNGS, asked);
    if (from == NOT_ON_LADDER)
        return platform_normal_equal(asked, offered) ? 0 : DOES_NOT_RUN;
    int to = find_rung(arm, ARM_RUNGS, offered);
    if (to < from || (from <= ARM_V9 && to > ARM_V9 && to < from + ARM_V9_TO_V8))
        return DOES_NOT_RUN;
    return to - from;
}

/* L5: what the entry needs is among what the machine has. "win32k" is on every full Windows. */
static bool has_features(const struct platform *asked, const struct platform *offered)
{
    for (size_t i = 0; i < offered->os_feature_count; i++) {
        bool found = strcmp(offered->os_features[i], "win32k") == 0;
        for (size_t j = 0; !found && j < asked->os_feature_count; j++)
            found = strcmp(offered->os_features[i], asked->os_features[j]) == 0;
        if (!found)
            return false;
    }
    return true;
}

/* -- versions of Windows (L6) --------------------------------------------------------------- */

enum {
    VERSION_PARTS = 4, /* major.minor.build.revision */
    VERSION_PART_DIGITS = 9,
    BUILD = 2
};

static const uint32_t ltsc_builds[] = {20348, 26100};

struct windows_version {
    uint32_t parts[VERSION_PARTS];
};

/* What is missing or no number counts as 0. */
static struct windows_version windows_version_read(const char *text)
{
    struct windows_version version = {0};

    for (size_t i = 0; i < VERSION_PARTS; i++) {
        for (size_t digits = 0; ascii_is_digit(*text) && digits < VERSION_PART_DIGITS; digits++)
            version.parts[i] = version.parts[i] * 10 + (uint32_t)(*text++ - '0');
        if (*text != '.')
            break;
        text++;
    }
    return version;
}

/* Before Server 2022 a container's build is the host's; since then any build from the last LTSC
 * release before the host's up to the host's own runs. */
static bool build_runs(uint32_t host, uint32_t container)
{
    if (host < ltsc_builds[0])
        return host == container;
    uint32_t oldest = host > ltsc_builds[1] ? ltsc_builds[1] : ltsc_builds[0];
    return container >= oldest && container <= host;
}

static bool windows_version_runs(const char *host_text, const char *container_text)
{
    struct windows_version host = windows_version_read(host_text);
    struct windows_version container = windows_version_read(container_text);

    if (host_text[0] == '\0' || container_text[0] == '\0')
        return true;
    return memcmp(host.parts, container.parts, BUILD * sizeof(host.parts[0])) == 0 &&
           build_runs(host.parts[BUILD], container.parts[BUILD]);
}

static bool windows_version_is_higher(const char *a_text, const char *b_text)
{
    struct windows_version a = windows_version_read(a_text);
    struct windows_version b = windows_version_read(b_text);

    for (size_t i = 0; i < VERSION_PARTS; i++)
        if (a.parts[i] != b.parts[i])
            return a.parts[i] > b.parts[i];
    return false;
}

/* -- the choice ----------------------------------------------------------------------------- */

static bool is_windows(const struct platform_normal *platform)
{
    return slice_equal_ignoring_case(platform->os, SLICE("windows"));
}

static int fitness(const struct platform *asked, const struct platform *offered)
{
    struct platform_normal machine = platform_normalise(asked);
    struct platform_normal image = platform_normalise(offered);

    if (!slice_equal_ignoring_case(machine.os, image.os) || !has_features(asked, offered))
        return DOES_NOT_RUN;
    if (is_windows(&machine) && !windows_version_runs(asked->os_version, offered->os_version))
        return DOES_NOT_RUN;
    return distance(&machine, &image);
}

ptrdiff_t platform_runs(const struct platform *asked, const struct platform *offered, size_t count)
{
    ptrdiff_t best = -1;
    int best_fitness = DOES_NOT_RUN;

    for (size_t i = 0; i < count; i++) {
        int found = fitness(asked, &offered[i]);
        if (found == DOES_NOT_RUN)
            continue;
        bool is_higher = found == best_fitness && asked->os_version[0] &&
                         windows_version_is_higher(offered[i].os_version, offered[best].os_version);
        if (best < 0 || found < best_fitness || is_higher) {
            best = (ptrdiff_t)i;
            best_fitness = found;
        }
    }
    return best;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum {
    DISTANCE_MAX = 2,
    LETTERS_A_SLIP = 3
};

static size_t smallest(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool is_swap(struct slice a, size_t i, struct slice b, size_t j)
{
    return i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1];
}

/* Levenshtein's, and two letters that have changed places are one slip; both are at most
 * SUGGESTION_NAME_MAX bytes. */
static size_t edit_distance(struct slice a, struct slice b)
{
    unsigned char slips[SUGGESTION_NAME_MAX + 1][SUGGESTION_NAME_MAX + 1];

    for (size_t i = 0; i <= a.length; i++)
        slips[i][0] = (unsigned char)i;
    for (size_t j = 0; j <= b.length; j++)
        slips[0][j] = (unsigned char)j;
    for (size_t i = 1; i <= a.length; i++) {
        for (size_t j = 1; j <= b.length; j++) {
            size_t changed = slips[i - 1][j - 1] + (size_t)(a.data[i - 1] != b.data[j - 1]);
            size_t swapped = is_swap(a, i, b, j) ? slips[i - 2][j - 2] + (size_t)1 : changed;
            size_t longer = slips[i - 1][j] + (size_t)1;
            size_t shorter = slips[i][j - 1] + (size_t)1;
            slips[i][j] =
                (unsigned char)smallest(smallest(changed, swapped), smallest(longer, shorter));
        }
    }
    return slips[a.length][b.length];
}

/* Slips in a third of the letters make another word of it: --nope is not --type. */
static size_t distance_allowed(struct slice wanted)
{
    size_t letters = wanted.length;

    for (size_t i = 0; i < wanted.length && wanted.data[i] == '-'; i++)
        letters--;
    size_t slips = letters / LETTERS_A_SLIP;
    return slips < 1 ? 1 : smallest(slips, DISTANCE_MAX);
}

struct suggestion suggestion_begin(struct slice wanted)
{
    return (struct suggestion){.wanted = wanted, .distance = distance_allowed(wanted) + 1};
}

void suggestion_consider(struct suggestion *suggestion, struct slice known)
{
    if (suggestion->wanted.length > SUGGESTION_NAME_MAX || known.length > SUGGESTION_NAME_MAX)
        return;
    size_t distance = edit_distance(suggestion->wanted, known);
    if (distance >= suggestion->distance)
        return;
    suggestion->distance = distance;
    (void)snprintf(suggestion->phrase, sizeof(suggestion->phrase), ", did you mean '%.*s'?",
                   (int)known.length, known.data);
}

const char *suggestion_phrase(const struct suggestion *suggestion)
{
    return suggestion->phrase;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "config/suggest.h"

#include <stdio.h>
#include <string.h>

enum {
    DISTANCE_MAX = 2
};

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Levenshtein's, row by row; both are at most SUGGESTION_NAME_MAX bytes. */
static size_t edit_distance(struct slice a, struct slice b)
{
    size_t row[SUGGESTION_NAME_MAX + 1];

    for (size_t j = 0; j <= b.length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            size_t changed = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            row[j] = smallest(changed, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[b.length];
}

struct suggestion suggestion_begin(struct slice wanted)
{
    return (struct suggestion){.wanted = wanted, .distance = DISTANCE_MAX + 1};
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /query: many questions in one request, answered line by line as their answers come.
 *
 * Each question goes the way of every other one (lookup_answer()), a few of a batch at a time. A
 * client that takes its lines slowly is asked for slowly, and one that has left is asked for no
 * more.
 */
#ifndef SERVER_BATCH_H
#define SERVER_BATCH_H

#include <stdbool.h>

#include "base/error.h"

struct lookup;
struct request;

/* When the head is there. Errors: invalid (credentials, which are for one registry), media_type. */
bool batch_admit(struct request *request, struct error *error) MUST_USE;
/* Never blocks. */
void batch_answer(struct lookup *lookup, struct request *request);

#endif

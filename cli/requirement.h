/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --require: does an image offer all of these platforms? An honest no is told with what is missing
 * and what would run there instead; a substitute never counts as a yes (rule L4).
 */
#ifndef CLI_REQUIREMENT_H
#define CLI_REQUIREMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

struct options;
struct platform;
struct report;
struct requirement;

/* "linux/amd64,linux/arm64". The caller frees. Errors: invalid, naming the part that is no
 * platform; internal. */
struct requirement *requirement_parse(struct slice text, struct error *error) MUST_USE;
/* That of the flag, in `*out`; NULL where it is not given. Errors: as above, naming the flag. */
bool requirement_read(const struct options *options, struct requirement **out,
                      struct error *error) MUST_USE;
void requirement_free(struct requirement *requirement);
CLEANUP_DEFINE(struct requirement, requirement_free)

/* Its platforms, in the order given. */
size_t requirement_count(const struct requirement *requirement);
const struct platform *requirement_platform(const struct requirement *requirement, size_t index);

/* Otherwise appends to `missing`, in one line, what is not offered; safe for a terminal. */
bool requirement_is_met(const struct requirement *requirement, const struct report *report,
                        struct buffer *missing) MUST_USE;

#endif

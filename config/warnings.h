/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is odd but no reason not to start; private to config/.
 */
#ifndef CONFIG_WARNINGS_H
#define CONFIG_WARNINGS_H

#include "base/cleanup.h"
#include "config/config.h"

/* `warnings` may be NULL. What does not fit any more is left out, and the last line says so. */
void warnings_add(struct config_warnings *warnings, const char *format, ...) PRINTF(2, 3);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mquery tells the shell: the one table from error codes to exit statuses.
 */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

#include "base/error.h"

enum exit_status {
    EXIT_YES = 0,
    EXIT_NO = 1, /* an honest no: not offered; they differ; no list is taken; nobody is alive */
    EXIT_INVALID = 2,
    EXIT_NOT_FOUND = 3,
    EXIT_DENIED = 4,
    EXIT_UNSUPPORTED = 5,
    EXIT_LATER = 6, /* worth trying again later */
    EXIT_UPSTREAM = 7,
    EXIT_INTERNAL = 8,
    EXIT_SIGNAL = 128 /* and the number of the signal that ended it, as shells count */
};

enum exit_status exit_status_of(enum error_code code);

#endif

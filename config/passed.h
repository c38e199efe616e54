/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files with secrets that systemd passes (LoadCredential=, systemd.exec(5)); private to config/.
 */
#ifndef CONFIG_PASSED_H
#define CONFIG_PASSED_H

#include "config/environment.h"

/* Calls `visit` for each setting whose file is in `directory`, the value of CREDENTIALS_DIRECTORY
 * (NULL: none are passed), until it returns false: "push-tokens" there is push.tokens_file. */
bool passed_each(const char *directory, environment_visit_function visit, void *context,
                 struct error *error) MUST_USE;

#endif

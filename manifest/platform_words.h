/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of platforms that are known, from lists of what Go's toolchain and its users build for.
 */
#ifndef MANIFEST_PLATFORM_WORDS_H
#define MANIFEST_PLATFORM_WORDS_H

/* Sorted, lower case, NULL at the end. */
extern const char *const known_systems[];
extern const char *const known_architectures[];

#endif

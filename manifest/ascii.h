/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ASCII letters and digits, whatever the locale says.
 */
#ifndef MANIFEST_ASCII_H
#define MANIFEST_ASCII_H

#include <stdbool.h>

static inline bool ascii_is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static inline bool ascii_is_lower(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

static inline bool ascii_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* As digests are written (R6). */
static inline bool ascii_is_lower_hex(char byte)
{
    return ascii_is_digit(byte) || (byte >= 'a' && byte <= 'f');
}

static inline bool ascii_is_letter_or_digit(char byte)
{
    return ascii_is_lower(byte) || ascii_is_upper(byte) || ascii_is_digit(byte);
}

static inline bool ascii_is_visible(char byte)
{
    return byte > ' ' && byte < 0x7f; /* a char that is signed is negative from 0x80 on */
}

static inline char ascii_lower(char byte)
{
    return (char)(ascii_is_upper(byte) ? byte + ('a' - 'A') : byte);
}

#endif

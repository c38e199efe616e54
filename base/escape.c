/* SPDX-License-Identifier: Apache-2.0 */
#include "base/escape.h"

#include <stdint.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

static size_t utf8_expected_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    if (first >= 0xf0 && first <= 0xf4)
        return 4;
    return 0;
}

/* RFC 3629's table: the second byte's range closes overlong forms, surrogates and > U+10FFFF. */
static bool utf8_second_is_valid(unsigned char first, unsigned char second)
{
    unsigned char low = 0x80;
    unsigned char high = 0xbf;

    if (first == 0xe0)
        low = 0xa0;
    else if (first == 0xed)
        high = 0x9f;
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f;
    return second >= low && second <= high;
}

size_t escape_utf8_length(struct slice text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;

    if (text.length == 0)
        return 0;
    size_t length = utf8_expected_length(bytes[0]);
    if (length == 0 || length > text.length)
        return 0;
    if (length > 1 && !utf8_second_is_valid(bytes[0], bytes[1]))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (bytes[i] < 0x80 || bytes[i] > 0xbf)
            return 0;
    return length;
}

static bool is_plain_ascii(char byte)
{
    return byte >= ' ' && byte < 0x7f && byte != '\\';
}

/* C1 controls (U+0080-9F) and the characters that turn the reading direction or hide text:
 * U+061C, U+200B-200F, U+2028-202E, U+2066-2069, U+FEFF. */
static bool is_unprintable(struct slice character)
{
    const unsigned char *bytes = (const unsigned char *)character.data;

    if (character.length == 1)
        return !is_plain_ascii(character.data[0]);
    if (character.length == 2)
        return (bytes[0] == 0xc2 && bytes[1] < 0xa0) || (bytes[0] == 0xd8 && bytes[1] == 0x9c);
    if (character.length != 3)
        return false;
    if (bytes[0] == 0xef)
        return bytes[1] == 0xbb && bytes[2] == 0xbf;
    if (bytes[0] != 0xe2)
        return false;
    if (bytes[1] == 0x80)
        return (bytes[2] >= 0x8b && bytes[2] <= 0x8f) || (bytes[2] >= 0xa8 && bytes[2] <= 0xae);
    return bytes[1] == 0x81 && bytes[2] >= 0xa6 && bytes[2] <= 0xa9;
}

static size_t escape_character(char out[16], struct slice character)
{
    size_t used = 0;

    for (size_t i = 0; i < character.length; i++) {
        unsigned char byte = (unsigned char)character.data[i];
        out[used++] = '\\';
        out[used++] = 'x';
        out[used++] = hex_digits[byte >> 4];
        out[used++] = hex_digits[byte & 15];
    }
    return used;
}

const char *escape_text(char *out, size_t size, struct slice text)
{
    enum {
        ELLIPSIS = 3
    };
    size_t used = 0;
    size_t room = size - 1 - ELLIPSIS; /* `size` is at least 8 */

    while (text.length) {
        if (used < room && is_plain_ascii(text.data[0])) { /* nearly all there is */
            out[used++] = text.data[0];
            text = slice_of(text.data + 1, text.length - 1);
            continue;
        }
        char escaped[16];
        size_t length = escape_utf8_length(text);
        struct slice character = slice_until(text, length ? length : 1);
        bool plain = length && !is_unprintable(character);
        size_t needed = plain ? length : escape_character(escaped, character);

        if (used + needed > room) {
            memcpy(out + used, "...", ELLIPSIS);
            used += ELLIPSIS;
            break;
        }
        memcpy(out + used, plain ? character.data : escaped, needed);
        used += needed;
        text = slice_from(text, character.length);
    }
    out[used] = '\0';
    return out;
}

bool escape_is_header_safe(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if ((byte < 0x20 && byte != '\t') || byte >= 0x7f)
            return false;
    }
    return true;
}

bool escape_has_control_byte(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < ' ' || byte == 0x7f)
            return true;
    }
    return false;
}

static bool is_unreserved(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

bool escape_percent_encode(struct buffer *out, struct slice text)
{
    static const char upper_hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        char escaped[3] = {'%', upper_hex[byte >> 4], upper_hex[byte & 15]};
        if (is_unreserved(text.data[i]))
            (void)buffer_append_char(out, text.data[i]);
        else
            (void)buffer_append(out, escaped, sizeof(escaped));
    }
    return buffer_ok(out);
}

static int hex_value(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

/* The byte that "XX" at `digits` stands for, or -1; NUL is not let through. */
static int percent_byte(struct slice digits)
{
    int high = digits.length > 1 ? hex_value(digits.data[0]) : -1;
    int low = digits.length > 1 ? hex_value(digits.data[1]) : -1;

    if (high < 0 || low < 0 || high + low == 0)
        return -1;
    return high * 16 + low;
}

bool escape_percent_decode(struct buffer *out, struct slice text, bool plus)
{
    for (size_t i = 0; i < text.length; i++) {
        int byte = (unsigned char)text.data[i];
        if (byte == '+' && plus) {
            byte = ' ';
        } else if (byte == '%') {
            byte = percent_byte(slice_from(text, i + 1));
            i += 2;
        }
        if (byte <= 0)
            return false;
        (void)buffer_append_char(out, (char)byte);
    }
    return buffer_ok(out);
}

bool escape_base64_encode(struct buffer *out, struct slice bytes)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *data = (const unsigned char *)bytes.data;

    for (size_t i = 0; i < bytes.length; i += 3) {
        size_t rest = bytes.length - i;
        uint32_t group = (uint32_t)data[i] << 16;
        if (rest > 1)
            group |= (uint32_t)data[i + 1] << 8;
        if (rest > 2)
            group |= data[i + 2];
        char quad[4] = {alphabet[group >> 18], alphabet[group >> 12 & 63],
                        (char)(rest > 1 ? alphabet[group >> 6 & 63] : '='),
                        (char)(rest > 2 ? alphabet[group & 63] : '=')};
        (void)buffer_append(out, quad, sizeof(quad));
    }
    return buffer_ok(out);
}

static int base64_value(char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    if (byte == '+' || byte == '-')
        return 62;
    if (byte == '/' || byte == '_')
        return 63;
    return -1;
}

bool escape_base64_decode(struct buffer *out, struct slice text)
{
    uint32_t group = 0;
    unsigned bits = 0;
    size_t padding = 0;

    while (padding < 2 && text.length && text.data[text.length - 1] == '=') {
        text.length--;
        padding++;
    }
    if (text.length % 4 == 1 || (padding && (text.length + padding) % 4 != 0))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        int value = base64_value(text.data[i]);
        if (value < 0)
            return false;
        group = group << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            (void)buffer_append_char(out, (char)(group >> bits & 0xff));
        }
    }
    return buffer_ok(out);
}

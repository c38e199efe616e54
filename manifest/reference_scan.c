/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar is that of distribution/reference (rules R1-R9), hardened where it is lax
 * (R11): bytes outside visible ASCII, ports, IPv6 literals and other spellings of docker.io. One
 * scan from left to right with no way back, so the time is linear whatever a stranger sends (S33).
 */
#include "manifest/reference_scan.h"

#include <arpa/inet.h>

#include "base/escape.h"
#include "manifest/ascii.h"
#include "manifest/manifest.h"

enum {
    REPOSITORY_MAX = 255, /* R3 */
    TAG_MAX = 128,        /* R5 */
    PORT_MAX = 65535,
    IMAGE_ID_LENGTH = 64, /* R8 */
    QUOTED_SIZE = 120     /* of the input in messages */
};

static const char docker_hub[] = "docker.io";
static const char docker_hub_index[] = "index.docker.io";
static const char official_images[] = "library/"; /* R7 */

struct scanner {
    struct slice text;
    size_t at; /* the next byte to read */
    struct error *error;
};

/* The next byte, or NUL at the end: check_bytes() has seen that the text holds none. */
static char peek(const struct scanner *scanner)
{
    if (scanner->at == scanner->text.length)
        return '\0';
    return scanner->text.data[scanner->at];
}

static bool skip(struct scanner *scanner, char byte)
{
    if (byte == '\0' || peek(scanner) != byte)
        return false;
    scanner->at++;
    return true;
}

static struct slice since(const struct scanner *scanner, size_t start)
{
    return slice_of(scanner->text.data + start, scanner->at - start);
}

/* Says what is wrong with the whole. */
static bool refuse_whole(const struct scanner *scanner, const char *why)
{
    char quoted[QUOTED_SIZE];
    return error_set(scanner->error, ERROR_INVALID, "invalid reference '%s': %s",
                     escape_text(quoted, sizeof(quoted), scanner->text), why);
}

/* Says what is wrong with the byte that is next. */
static bool refuse(const struct scanner *scanner, const char *why)
{
    char quoted[QUOTED_SIZE];

    (void)escape_text(quoted, sizeof(quoted), scanner->text);
    if (scanner->at >= scanner->text.length)
        return error_set(scanner->error, ERROR_INVALID, "invalid reference '%s': at its end, %s",
                         quoted, why);
    return error_set(scanner->error, ERROR_INVALID, "invalid reference '%s': at byte %zu, %s",
                     quoted, scanner->at + 1, why);
}

/* -- the registry (R4, R7) ------------------------------------------------------------------ */

static bool scan_label(struct scanner *scanner)
{
    if (!ascii_is_letter_or_digit(peek(scanner)))
        return refuse(scanner, "a part of the registry's name must begin with a letter or digit");
    while (ascii_is_letter_or_digit(peek(scanner)) || peek(scanner) == '-')
        scanner->at++;
    if (scanner->text.data[scanner->at - 1] == '-')
        return refuse(scanner, "a part of the registry's name must not end in '-'");
    return true;
}

static bool scan_host(struct scanner *scanner)
{
    do {
        if (!scan_label(scanner))
            return false;
    } while (skip(scanner, '.'));
    return true;
}

static bool is_ipv6_byte(char byte)
{
    char lower = ascii_lower(byte);
    return ascii_is_digit(byte) || (lower >= 'a' && lower <= 'f') || byte == ':';
}

/* No zone and no dotted quad (R4), and what is left must be an address (R11). */
static bool scan_ipv6(struct scanner *scanner)
{
    char address[INET6_ADDRSTRLEN] = "";
    struct in6_addr parsed;
    size_t start = ++scanner->at; /* past the '[' */

    while (is_ipv6_byte(peek(scanner)) && scanner->at - start < sizeof(address) - 1) {
        address[scanner->at - start] = peek(scanner);
        scanner->at++;
    }
    if (peek(scanner) != ']' || inet_pton(AF_INET6, address, &parsed) != 1)
        return refuse(scanner, "the brackets hold no IPv6 address");
    scanner->at++;
    return true;
}

/* Without leading zeros: registries are told apart by their text. */
static bool scan_port(struct scanner *scanner)
{
    size_t start = ++scanner->at; /* past the ':' */
    long port = 0;

    for (; ascii_is_digit(peek(scanner)); scanner->at++)
        if (port <= PORT_MAX)
            port = port * 10 + (peek(scanner) - '0');
    if (port < 1 || port > PORT_MAX || scanner->text.data[start] == '0')
        return refuse(scanner, "the port must be a number from 1 to 65535");
    return true;
}

static bool scan_registry(struct scanner *scanner)
{
    bool found = peek(scanner) == '[' ? scan_ipv6(scanner) : scan_host(scanner);
    return found && (peek(scanner) != ':' || scan_port(scanner));
}

/* R7: what stands before the first '/' is a registry only if it looks like no part of a name. */
static bool begins_with_registry(struct slice text)
{
    ptrdiff_t slash = slice_find(text, '/');
    if (slash < 0)
        return false;
    struct slice first = slice_until(text, (size_t)slash);
    if (slice_equal_string(first, "localhost"))
        return true;
    for (size_t i = 0; i < first.length; i++)
        if (first.data[i] == '.' || first.data[i] == ':' || ascii_is_upper(first.data[i]))
            return true;
    return false;
}

/* R7 and R11: "index.docker.io" is docker.io; other spellings would miss its rules. */
static bool fold_docker_hub(struct scanner *scanner, struct reference_parts *parts)
{
    struct slice hub = slice_from_string(docker_hub);
    struct slice index = slice_from_string(docker_hub_index);

    if (slice_equal(parts->registry, index))
        parts->registry = hub;
    if (slice_equal(parts->registry, hub))
        return true;
    if (slice_equal_ignoring_case(parts->registry, hub) ||
        slice_equal_ignoring_case(parts->registry, index))
        return refuse_whole(scanner, "docker.io must be in lower case");
    return true;
}

static bool scan_registry_or_default(struct scanner *scanner, struct reference_parts *parts)
{
    if (!begins_with_registry(scanner->text)) {
        parts->registry = slice_from_string(docker_hub);
        return true;
    }
    if (!scan_registry(scanner))
        return false;
    if (peek(scanner) != '/')
        return refuse(scanner, "a byte that may not stand in a registry's name");
    parts->registry = since(scanner, 0);
    scanner->at++;
    return fold_docker_hub(scanner, parts);
}

/* -- the repository (R2, R3, R8) ------------------------------------------------------------ */

static bool is_repository_byte(char byte)
{
    return ascii_is_lower(byte) || ascii_is_digit(byte);
}

static bool is_separator(char byte)
{
    return byte == '.' || byte == '_' || byte == '-';
}

static bool ends_component(char byte)
{
    return byte == '/' || byte == ':' || byte == '@' || byte == '\0';
}

static bool refuse_repository_byte(const struct scanner *scanner, size_t start)
{
    char byte = peek(scanner);

    if (ascii_is_upper(byte))
        return refuse(scanner, "a repository's name must be in lower case");
    if (ends_component(byte) && scanner->at == start)
        return refuse(scanner, "a part of the repository's name is empty");
    if (ends_component(byte) || is_separator(byte))
        return refuse(scanner, "in a repository's name a letter or digit must stand here");
    return refuse(scanner, "a byte that may not stand in a repository's name");
}

/* Exactly one '.', '_' or "__", or any number of '-'. */
static bool skip_separator(struct scanner *scanner)
{
    if (skip(scanner, '.'))
        return true;
    if (skip(scanner, '_')) {
        (void)skip(scanner, '_');
        return true;
    }
    if (!skip(scanner, '-'))
        return false;
    while (skip(scanner, '-'))
        continue;
    return true;
}

static bool scan_component(struct scanner *scanner)
{
    size_t start = scanner->at;

    do {
        if (!is_repository_byte(peek(scanner)))
            return refuse_repository_byte(scanner, start);
        while (is_repository_byte(peek(scanner)))
            scanner->at++;
    } while (skip_separator(scanner));
    return ends_component(peek(scanner)) || refuse_repository_byte(scanner, start);
}

static bool scan_repository(struct scanner *scanner, struct reference_parts *parts)
{
    size_t start = scanner->at;

    do {
        if (!scan_component(scanner))
            return false;
    } while (skip(scanner, '/'));
    parts->repository = since(scanner, start);
    if (slice_equal_string(parts->registry, docker_hub) && slice_find(parts->repository, '/') < 0)
        parts->repository_prefix = slice_from_string(official_images);
    if (parts->repository_prefix.length + parts->repository.length > REPOSITORY_MAX)
        return refuse_whole(scanner, "the repository's name is longer than 255 bytes");
    return true;
}

/* -- the tag (R5) and the digest (R6) ------------------------------------------------------- */

static bool is_tag_start(char byte)
{
    return ascii_is_letter_or_digit(byte) || byte == '_';
}

static bool is_tag_byte(char byte)
{
    return is_tag_start(byte) || byte == '.' || byte == '-';
}

static bool scan_tag(struct scanner *scanner, struct reference_parts *parts)
{
    size_t start = scanner->at;

    if (!is_tag_start(peek(scanner)))
        return refuse(scanner, "a tag must begin with a letter, digit or '_'");
    while (is_tag_byte(peek(scanner)))
        scanner->at++;
    if (scanner->at - start > TAG_MAX)
        return refuse_whole(scanner, "the tag is longer than 128 bytes");
    if (peek(scanner) != '@' && peek(scanner) != '\0')
        return refuse(scanner, "a byte that may not stand in a tag");
    parts->tag = since(scanner, start);
    return true;
}

static bool scan_digest(struct scanner *scanner, struct reference_parts *parts)
{
    struct digest digest;
    struct slice rest = slice_from(scanner->text, scanner->at);

    if (slice_find(rest, '@') >= 0)
        return refuse_whole(scanner, "it has more than one '@'");
    if (!digest_parse(rest, &digest, scanner->error)) {
        error_prefix(scanner->error, "invalid reference: ");
        return false;
    }
    parts->digest = rest;
    return true;
}

/* -- the whole ------------------------------------------------------------------------------ */

/* R11: nothing but visible ASCII reaches the grammar. */
static bool check_bytes(struct scanner *scanner)
{
    if (scanner->text.length == 0)
        return error_set(scanner->error, ERROR_INVALID, "invalid reference: it is empty");
    if (scanner->text.length > REFERENCE_MAX)
        return error_set(scanner->error, ERROR_INVALID,
                         "invalid reference: it is longer than %d bytes", REFERENCE_MAX);
    for (; scanner->at < scanner->text.length; scanner->at++)
        if (!ascii_is_visible(scanner->text.data[scanner->at]))
            return refuse(scanner, "only visible ASCII may stand here");
    scanner->at = 0;
    return true;
}

static bool is_image_id(struct slice text)
{
    if (text.length != IMAGE_ID_LENGTH)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (!ascii_is_lower_hex(text.data[i]))
            return false;
    return true;
}

/* What people write by mistake gets an answer of its own. */
static bool check_mistakes(struct scanner *scanner)
{
    ptrdiff_t colon = slice_find(scanner->text, ':');

    if (is_image_id(scanner->text))
        return refuse_whole(scanner, "64 hex digits alone are an image ID, not a name");
    if (colon >= 0 && slice_starts_with(slice_from(scanner->text, (size_t)colon), SLICE("://"))) {
        scanner->at = (size_t)colon;
        return refuse(scanner, "a reference has no scheme");
    }
    return true;
}

bool reference_scan(struct slice text, struct reference_parts *out, struct error *error)
{
    struct scanner scanner = {.text = text, .error = error};
    struct reference_parts parts = {0};

    if (!check_bytes(&scanner) || !check_mistakes(&scanner))
        return false;
    if (!scan_registry_or_default(&scanner, &parts) || !scan_repository(&scanner, &parts))
        return false;
    if (skip(&scanner, ':') && !scan_tag(&scanner, &parts))
        return false;
    if (skip(&scanner, '@') && !scan_digest(&scanner, &parts))
        return false;
    *out = parts;
    return true;
}

bool reference_tag_is_valid(struct slice tag)
{
    if (tag.length == 0 || tag.length > TAG_MAX || !is_tag_start(tag.data[0]))
        return false;
    for (size_t i = 1; i < tag.length; i++)
        if (!is_tag_byte(tag.data[i]))
            return false;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/client.h"

#include <string.h>

enum {
    IPV6_CUSTOMER = 8 /* bytes of an address that one customer's all share */
};

static struct slice token_key(char kind, unsigned token, char out[CLIENT_KEY_SIZE])
{
    out[0] = kind;
    memcpy(out + 1, &token, sizeof(token));
    return slice_of(out, 1 + sizeof(token));
}

struct slice client_key(const struct client *client, char out[CLIENT_KEY_SIZE])
{
    const struct in6_addr *bytes = &client->address.bytes;
    size_t start = IN6_IS_ADDR_V4MAPPED(bytes) ? 12 : 0;
    size_t length = IN6_IS_ADDR_V4MAPPED(bytes) ? 4 : IPV6_CUSTOMER;

    if (client->token > 0)
        return token_key('t', client->token, out);
    if (client->push_token > 0)
        return token_key('p', client->push_token, out);
    if (!client->address.is_known) {
        out[0] = 'u';
        return slice_of(out, 1);
    }
    out[0] = start ? '4' : '6';
    memcpy(out + 1, &bytes->s6_addr[start], length);
    return slice_of(out, 1 + length);
}

/* -- what proxies say ----------------------------------------------------------------------- */

/* Takes what stands before the separator off `rest`. */
static struct slice next_part(struct slice *rest, char separator)
{
    ptrdiff_t end = slice_find(*rest, separator);
    struct slice part = end < 0 ? *rest : slice_until(*rest, (size_t)end);

    *rest = slice_from(*rest, part.length + 1);
    return slice_trim(part);
}

static void note_hop(struct hops *hops, const struct networks *proxies, struct slice text)
{
    struct ip_address address = ip_address_parse(text);

    if (!hops->has_first)
        hops->first = address;
    hops->has_first = true;
    if (address.is_known && networks_have(proxies, &address))
        return;
    hops->stranger = address;
    hops->has_stranger = true;
}

static void note_protocol(struct forwarding *forwarding, struct slice name)
{
    forwarding->has_protocol = true;
    if (!slice_equal_ignoring_case(name, SLICE("https")))
        forwarding->is_plain = true;
}

static struct slice unquoted(struct slice text)
{
    if (text.length < 2 || text.data[0] != '"' || text.data[text.length - 1] != '"')
        return text;
    return slice_until(slice_from(text, 1), text.length - 2);
}

/* RFC 7239, section 4: for=192.0.2.43;proto=https. No name of a machine has a comma in it, so one
 * that stands in quotes separates, too: else an opening quote, sent along by the client, would
 * swallow what the proxy adds. */
static void note_standard(struct forwarding *forwarding, struct slice element)
{
    while (element.length > 0) {
        struct slice value = next_part(&element, ';');
        struct slice name = next_part(&value, '=');
        if (slice_equal_ignoring_case(name, SLICE("for")))
            note_hop(&forwarding->hops, forwarding->proxies, unquoted(slice_trim(value)));
        else if (slice_equal_ignoring_case(name, SLICE("proto")))
            note_protocol(forwarding, unquoted(slice_trim(value)));
    }
}

static void note_x_for(struct forwarding *forwarding, struct slice element)
{
    note_hop(&forwarding->hops, forwarding->proxies, element);
}

void forwarding_note(struct forwarding *forwarding, struct slice name, struct slice value)
{
    static const struct {
        const char *name;
        enum proxy_header family;
        bool names_a_client;
        void (*note)(struct forwarding *forwarding, struct slice element);
    } headers[] = {
        {"x-forwarded-for", PROXY_HEADER_X_FORWARDED_FOR, true, note_x_for},
        {"x-forwarded-proto", PROXY_HEADER_X_FORWARDED_FOR, false, note_protocol},
        {"forwarded", PROXY_HEADER_FORWARDED, true, note_standard},
    };

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (!slice_equal_ignoring_case(name, slice_from_string(headers[i].name)))
            continue;
        forwarding->is_told = forwarding->is_told || headers[i].names_a_client;
        while (headers[i].family == forwarding->header && value.length > 0)
            headers[i].note(forwarding, next_part(&value, ','));
    }
}

struct ip_address forwarding_client(const struct forwarding *forwarding,
                                    const struct ip_address *peer)
{
    const struct hops *hops = &forwarding->hops;
    /* Where all are trusted the client is one of them, too. */
    const struct ip_address *client = hops->has_stranger ? &hops->stranger : &hops->first;

    return client->is_known ? *client : *peer;
}

bool forwarding_is_confidential(const struct forwarding *forwarding)
{
    return forwarding->has_protocol && !forwarding->is_plain;
}

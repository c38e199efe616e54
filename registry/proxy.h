/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which requests go through a proxy, decided here and not by libcurl, whose rules are its own (rule
 * H29): from registry.proxy, or from the variables of the environment as they are at the start.
 *
 * A host that is loopback by how it is written never does. What a proxy connects to is its own
 * affair: the addresses of names are judged by nobody here (S3).
 */
#ifndef REGISTRY_PROXY_H
#define REGISTRY_PROXY_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "registry/url.h"

struct config_registry;

/* Immutable. */
struct proxy {
    char *url;  /* for libcurl; may hold a user and a password */
    char *host; /* "proxy.example.com:3128", for messages */
};

struct proxies;

/*
 * `none`, `environment` or a URL, as registry.proxy says. In the environment https_proxy and
 * http_proxy (lower case first) are for the scheme of what is asked, all_proxy for both where they
 * are not set; HTTP_PROXY in capitals is not heeded where REQUEST_METHOD is set, since a CGI
 * program's client chooses it. no_proxy and registry.no_proxy name who is asked directly. Errors:
 * invalid (not the URL of a proxy; it is not quoted), internal.
 */
struct proxies *proxies_new(const struct config_registry *settings, struct error *error) MUST_USE;
void proxies_free(struct proxies *proxies);

/* The proxy that a request to `url` goes through; NULL: none. Lives as long as `proxies`. */
const struct proxy *proxy_find(const struct proxies *proxies, const struct url *url);

/*
 * Whether a list as no_proxy has it, separated by commas or blanks, names the host: "*" every one;
 * "example.com" that host and all below it, ".example.com" and "*.example.com" all below it; with a
 * port, that port; an address or a block ("10.0.0.0/8") hosts that are written as addresses.
 */
bool proxy_list_names(const char *list, const struct url *url);

#endif

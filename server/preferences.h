/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a client wants its answer, whatever it is about: what it has already (304), in which
 * encoding, errors as problem documents, readable by pages of which origin, under which name in the
 * logs.
 *
 * Read off a request when its head is there, and heeded when it is answered, in one place for all
 * routes. The answer that needs nothing of it, nearly every one, is passed on as it is.
 */
#ifndef SERVER_PREFERENCES_H
#define SERVER_PREFERENCES_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "server/trace.h"

struct request;
struct response;

struct preferences {
    char request_id[REQUEST_ID_SIZE]; /* "": none was sent */
    char trace_id[TRACE_ID_SIZE];     /* the same */
    char *known_tags;                 /* If-None-Match as sent, or NULL; owned */
    int64_t known_since;              /* If-Modified-Since, seconds since 1970; or INT64_MIN */
    char *readable_by;                /* Access-Control-Allow-Origin, or NULL; owned */
    bool origins_differ;              /* that depends on who asks */
    bool takes_gzip;
    bool takes_problems;
    bool change_answers; /* any of all this may; without it answers go as they are */
};

/* While the request's head is at hand. `origins`: server.cors for a route that pages of other
 * origins may ask, else NULL. */
void preferences_read(struct preferences *preferences, const struct request *request,
                      const struct string_list *origins);
void preferences_release(struct preferences *preferences);

/* Takes the response's reference and returns one for what is to be sent; never NULL. Any thread. */
struct response *preferences_heed(const struct preferences *preferences,
                                  const struct request *request,
                                  struct response *response) MUST_USE;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What handlers see of an HTTP request: struct request_door.
 */
#ifndef SERVER_HTTP_DOOR_H
#define SERVER_HTTP_DOOR_H

#include "server/request.h"

/* For the request of a struct connection. */
extern const struct request_door http_door;

#endif

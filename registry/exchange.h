/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One exchange on one curl easy handle: how a transfer becomes curl's options, what curl's
 * callbacks keep of the response, and what curl's result means. Only the transfer thread calls
 * this.
 */
#ifndef REGISTRY_EXCHANGE_H
#define REGISTRY_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "registry/transfer.h"

/* Sets every option the transfer needs on a fresh or reset handle. False: no memory. */
bool exchange_prepare(CURL *handle, struct transfer *transfer, int64_t now) MUST_USE;
/* Fills in status and error from the handle's result. */
void exchange_finish(CURL *handle, struct transfer *transfer, CURLcode result);

/* The engine's budget, asked from the write callback. */
bool transfer_reserve(struct transfer *transfer, size_t bytes) MUST_USE;

#endif

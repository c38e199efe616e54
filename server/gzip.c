/* SPDX-License-Identifier: Apache-2.0 */
#include "server/gzip.h"

#define ZLIB_CONST /* its input is not written to */
#include <zlib.h>

#include "server/accept.h"
#include "server/response.h"

enum {
    GZIP_WINDOW = 15 + 16, /* zlib's: the largest window, in gzip's frame */
    MEMORY_LEVEL = 8,      /* zlib's default */
    PIECE = 4096
};

bool gzip_is_accepted(struct slice accept_encoding)
{
    if (slice_trim(accept_encoding).length == 0)
        return false;
    unsigned quality = accept_quality(accept_encoding, SLICE("gzip"));
    return quality > 0 && quality >= accept_quality(accept_encoding, SLICE("identity"));
}

/* Piece by piece, until all is in `out` or does not fit. */
static bool compress_all(z_stream *stream, struct buffer *out)
{
    Bytef piece[PIECE];
    int status = Z_OK;

    while (status == Z_OK && buffer_ok(out)) {
        stream->next_out = piece;
        stream->avail_out = sizeof(piece);
        status = deflate(stream, Z_FINISH);
        (void)buffer_append(out, piece, sizeof(piece) - stream->avail_out);
    }
    return status == Z_STREAM_END && buffer_ok(out);
}

bool gzip_write(struct slice plain, struct buffer *out)
{
    z_stream stream = {.next_in = (const void *)plain.data, .avail_in = (uInt)plain.length};

    if (plain.length < GZIP_WORTH || plain.length > UINT32_MAX ||
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    bool is_done = compress_all(&stream, out);
    (void)deflateEnd(&stream);
    return is_done && out->length < plain.length;
}

void gzip_response(struct response *response)
{
    CLEANUP(buffer_release) struct buffer packed = BUFFER_INIT(response->body_length);

    if (!gzip_write(slice_of(response->body, response->body_length), &packed))
        return;
    response_set_body(response, response->content_type, &packed);
    response_set_literal(response, "Content-Encoding", "gzip");
}

# SPDX-License-Identifier: Apache-2.0
"""An HTTP proxy for plain HTTP: it is asked for whole URLs, and asks for them itself."""
import http.client
from urllib.parse import urlsplit

from support.http_server import HttpServer, Reply


class ForwardProxy(HttpServer):
    """Fetches from `places` (host:port as asked for -> address), whatever they are really called;
    of others it says 502."""

    def __init__(self, places):
        self._places = places
        super().__init__()

    def handle(self, request):
        url = urlsplit(request.target)
        place = self._places.get(url.netloc)
        if place is None:
            return Reply(502, b"no such place")
        connection = http.client.HTTPConnection(place, timeout=10)
        try:
            target = url.path + (f"?{url.query}" if url.query else "")
            headers = {name: values[0] for name, values in request.headers.items()
                       if not name.startswith("proxy-")}
            connection.request(request.method, target, headers=headers)
            answer = connection.getresponse()
            kept = [each for each in answer.getheaders() if each[0].lower() != "content-length"]
            return Reply(answer.status, answer.read(), kept)
        finally:
            connection.close()

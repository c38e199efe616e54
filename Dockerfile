# syntax=docker/dockerfile:1
# SPDX-License-Identifier: Apache-2.0
#
# One image, two uses: `docker run IMAGE` serves on port 8080, `docker run --rm IMAGE alpine` asks
# about alpine. It holds the two programs, the libraries they are linked with and the certificates
# of the public authorities; no shell, no package manager.

FROM debian:bookworm AS build
RUN apt-get update && \
    apt-get install -y --no-install-recommends \
        ca-certificates gcc libc6-dev libcurl4-openssl-dev libjson-c-dev libmicrohttpd-dev \
        libssl-dev libyaml-dev meson ninja-build pkg-config zlib1g-dev

WORKDIR /src
COPY meson.build meson_options.txt build.h.in ./
COPY base base
COPY data data
COPY manifest manifest
COPY config config
COPY registry registry
COPY server server
COPY cli cli
RUN meson setup /build --buildtype=release --strip --prefix=/ --bindir=/ -Dtests=false && \
    DESTDIR=/image meson install -C /build

# Each library under the very path the loader looks for it; the loader is one of them.
RUN ldd /image/mquery /image/mqueryd | grep -o '/[^ ]*\.so[^ ]*' | sort -u | \
        xargs cp --dereference --parents --target-directory=/image && \
    install -D /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt && \
    echo 'hosts: files dns' > /image/etc/nsswitch.conf && \
    echo 'mquery:x:65532:65532::/:/nonexistent' > /image/etc/passwd && \
    echo 'mquery:x:65532:' > /image/etc/group && \
    install -d -m 1777 /image/tmp

FROM scratch
COPY --from=build /image /
LABEL org.opencontainers.image.title="mquery" \
      org.opencontainers.image.description="Tells which platforms a container image runs on" \
      org.opencontainers.image.licenses="Apache-2.0"
# All addresses, this port; platforms that choose a port set PORT themselves.
ENV PORT=8080
EXPOSE 8080
STOPSIGNAL SIGTERM
USER 65532:65532
ENTRYPOINT ["/mquery"]
CMD ["serve"]

# syntax=docker/dockerfile:1
# SPDX-License-Identifier: Apache-2.0
#
# One image, two uses: `docker run IMAGE` serves on port 8080, `docker run --rm IMAGE alpine` asks
# about alpine. It holds the two programs, the libraries they are linked with and the certificates
# of the public authorities; no shell, no package manager. It wants no capability, no configuration
# and no writable file system. script/image builds it where there is no Docker daemon.

ARG DEBIAN=debian:bookworm

# On the builder's own architecture, for the image's: nothing is emulated.
FROM --platform=$BUILDPLATFORM ${DEBIAN} AS build
ARG TARGETARCH
ARG REVISION=unknown
WORKDIR /src
COPY meson.build meson_options.txt build.h.in ./
COPY base base
COPY data data
COPY manifest manifest
COPY config config
COPY registry registry
COPY server server
COPY cli cli
COPY systemd systemd
COPY docs docs
COPY deploy deploy
COPY script script
RUN deploy/image/build "$TARGETARCH" "$REVISION"

FROM scratch
ARG VERSION=unknown
ARG REVISION=unknown
COPY --from=build /image /
LABEL org.opencontainers.image.title="mquery" \
      org.opencontainers.image.description="Tells which platforms a container image runs on" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="scratch"
# All addresses, this port; platforms that choose a port set PORT themselves.
ENV PORT=8080
EXPOSE 8080
STOPSIGNAL SIGTERM
USER 65532:65532
HEALTHCHECK --interval=30s --timeout=3s --start-period=2s CMD ["/mquery", "healthcheck"]
ENTRYPOINT ["/mquery"]
CMD ["serve"]

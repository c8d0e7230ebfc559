# weft-coordinator. From the repository's root:
#
#   docker build -f deploy/container/coordinator.Dockerfile -t weft-coordinator .
FROM debian:12 AS build
WORKDIR /weft
ENV CCACHE_BASEDIR=/weft CCACHE_NOHASHDIR=1
COPY scripts/setup scripts/setup
COPY scripts/packages scripts/packages
RUN scripts/setup build
COPY . .
# What is compiled once is kept for the other image and the next version.
RUN --mount=type=cache,id=weft-ccache,target=/root/.cache/ccache \
    ln -sf .presets.json CMakePresets.json \
    && cmake --preset release -DBUILD_TESTING=OFF \
    && cmake --build build --parallel "$(scripts/jobs)" --target weft-coordinator

FROM debian:12-slim
COPY scripts/packages/run-coordinator.txt /tmp/packages
RUN apt-get update \
    && sed 's/ *#.*//; /^ *$/d' /tmp/packages \
       | xargs apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/* /tmp/packages \
    && groupadd --system --gid 7733 weft \
    && useradd --system --uid 7733 --gid 7733 --home-dir /var/lib/weft --create-home weft
COPY --from=build /weft/build/bin/weft-coordinator /usr/bin/
USER weft
VOLUME /var/lib/weft
EXPOSE 7733 7734 7780
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s --retries=3 \
    CMD ["curl", "-sf", "-o", "/dev/null", "http://127.0.0.1:7780/healthz"]
ENTRYPOINT ["weft-coordinator"]
CMD ["--config", "/etc/weft/coordinator.yaml"]

# weft-worker on the CPU, and the command line. From the repository's root:
#
#   docker build -f deploy/container/worker.Dockerfile -t weft-worker .
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
    && cmake --build build --parallel "$(scripts/jobs)" --target weft-worker --target weft

FROM debian:12-slim
COPY scripts/packages/run-coordinator.txt scripts/packages/run-worker.txt /tmp/packages/
RUN apt-get update \
    && sed 's/ *#.*//; /^ *$/d' /tmp/packages/*.txt | sort -u \
       | xargs apt-get install -y --no-install-recommends \
    && rm -rf /var/lib/apt/lists/* /tmp/packages \
    && groupadd --system --gid 7733 weft \
    && useradd --system --uid 7733 --gid 7733 --home-dir /var/lib/weft-worker --create-home weft
COPY --from=build /weft/build/bin/weft-worker /weft/build/bin/weft /weft/build/bin/weft-alone /usr/bin/
USER weft
VOLUME /var/lib/weft-worker
# Alive, as the file is written anew every few seconds, and known to the coordinator.
HEALTHCHECK --interval=15s --timeout=3s --start-period=60s --retries=3 \
    CMD test -n "$(find /tmp/weft-status.json -newermt '-30 seconds')" && grep -q '"ready":true' /tmp/weft-status.json
ENTRYPOINT ["weft-worker"]
CMD ["--config", "/etc/weft/worker.yaml", "--status-file", "/tmp/weft-status.json"]

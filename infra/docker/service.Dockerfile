# syntax=docker/dockerfile:1
# One file for every service:
#   docker build -f infra/docker/service.Dockerfile --build-arg SERVICE=tokens -t gatehouse/tokens .
# The image holds Node, one bundle per process entry, the service's SQL and the packages the bundles import. No npm, no sources.
# Name both bases by digest where the image is built to be shipped, so that a build can be repeated:
#   --build-arg NODE_IMAGE=node:26-trixie-slim@sha256:… --build-arg BASE_IMAGE=debian:trixie-slim@sha256:…
ARG NODE_VERSION=26
ARG NODE_IMAGE=node:${NODE_VERSION}-trixie-slim
ARG BASE_IMAGE=debian:trixie-slim

# What of the workspace this service needs.
FROM ${NODE_IMAGE} AS pruned
ARG SERVICE
WORKDIR /workspace
ENV TURBO_TELEMETRY_DISABLED=1
COPY . .
# turbo from the lock file: what builds the image is checked like what runs in it.
RUN npm ci --ignore-scripts && npx turbo prune "@gatehouse/${SERVICE}" @gatehouse/deploy --docker

# Packages first: this layer stays as long as no package changes. glibc, because password hashing is native code.
FROM ${NODE_IMAGE} AS built
ARG SERVICE
WORKDIR /workspace
COPY --from=pruned /workspace/out/json/ .
RUN npm ci --ignore-scripts
COPY --from=pruned /workspace/out/full/ .
RUN node --import tsx infra/deploy/src/build.ts --out /out --copy "${SERVICE}" && mv "/out/${SERVICE}" /out/gatehouse

FROM ${BASE_IMAGE}
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="gatehouse/${SERVICE}" \
      org.opencontainers.image.description="Gatehouse, a self-hosted identity and authorization platform: ${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
# Node asks for it since version 25, and the slim base has none.
RUN apt-get update && apt-get install --yes --no-install-recommends libatomic1 && rm -rf /var/lib/apt/lists/*
COPY --from=built /usr/local/bin/node /usr/local/bin/node
COPY --from=built /out/gatehouse /gatehouse
WORKDIR /gatehouse
# Nothing is written: run it with a read-only root. Secrets come as files named by <NAME>_FILE.
USER 65532:65532
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 MANAGEMENT_PORT=9090
EXPOSE 8080 9090
# Node is the process that gets SIGTERM, and drains. Its flags are those of infra/deploy/src/node-flags.ts.
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=8", "--max-lazy"]
CMD ["service/bin/main.mjs"]

# Drydock as a container: bot, worker or both, by the argument. Nothing is compiled: Node 24 runs the TypeScript sources.
# A test copies exactly what is copied here, installs the same packages and starts check-config; the image itself is
# built by whoever deploys it (docs/development.md).
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --loglevel=error && npm cache clean --force

# etcd and etcdutl for drills, with sums that stand in the script. In a closed network: --build-arg ETCD_FROM=<address of a mirror>.
FROM node:24-slim AS etcd
ARG ETCD_FROM=https://github.com/etcd-io/etcd/releases/download
COPY scripts/etcd-for-image.mjs ./
RUN NODE_USE_ENV_PROXY=1 node etcd-for-image.mjs /opt/etcd "$ETCD_FROM"

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=etcd /opt/etcd /opt/etcd
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY src ./src
COPY commands ./commands
COPY jobs ./jobs
# Where a volume for backups and one for drills are put: a new volume of Docker takes its owner from here.
RUN install -d -o 1000 -g 1000 -m 0700 /var/lib/drydock/backups /scratch
# By number, so that Kubernetes can see that it is not root (runAsNonRoot).
USER 1000:1000
EXPOSE 3000
# Asks the loopback address: `http.host` of the configuration must include it, as its default 0.0.0.0 does.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/healthz`, { signal: AbortSignal.timeout(4000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/app/main.ts", "all"]

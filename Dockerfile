# A worker, and the command `cpa` (docker compose run --rm worker dist/cli/main.js …).
FROM node:20.19.5-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Nothing here needs an install script, and `prepare` would build before the sources are there.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20.19.5-bookworm-slim
ENV NODE_ENV=production CPA_LAKE=/lake
WORKDIR /app
COPY --from=build /app /app
# The lake is all that is written; a named volume mounted here takes over the owner.
RUN mkdir /lake && chown node:node /lake
USER node
ENTRYPOINT ["node", "--single-threaded-gc", "--heap-growing-percent=150", "--max-semi-space-size=32", "--enable-source-maps"]
CMD ["dist/worker/main.js"]

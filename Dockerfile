# Team Messenger: the homeserver with its web client, and the tasks service.

FROM node:24-bookworm-slim AS web
WORKDIR /build
COPY package.json package-lock.json .npmrc tsconfig.base.json ./
COPY web ./web
COPY tests/e2e/package.json ./tests/e2e/package.json
RUN npm ci --no-audit --no-fund && npm run build -w @team/web

FROM python:3.13-slim-bookworm AS packages
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/team-messenger \
  && /opt/team-messenger/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 991 --home-dir /data --shell /usr/sbin/nologin team \
  && install -d -o team -g team /data
WORKDIR /srv/team-messenger
COPY --from=packages /opt/team-messenger /opt/team-messenger
COPY homeserver ./homeserver
COPY appservice-tasks ./appservice-tasks
COPY LICENSE ./
COPY --from=web /build/web/dist ./web/dist

ENV PATH=/opt/team-messenger/bin:$PATH \
  PYTHONUNBUFFERED=1 \
  HOST=0.0.0.0 \
  PORT=8008 \
  DATA=/data
USER 991
VOLUME /data
EXPOSE 8008
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", \
  "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8008/health', timeout=4)"]
CMD ["python", "-m", "homeserver", "up"]

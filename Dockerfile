# The operator's image. docs/image.md says how it is built, pinned and proven.
#
# A tag can move: whoever builds for others pins the digest that the tag has today,
# --build-arg BASE=docker.io/library/python:3.11-slim-bookworm@sha256:…
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements-build.lock requirements.lock ./
RUN python3 -m venv pip \
    && pip/bin/pip install --quiet --require-hashes --only-binary :all: -r requirements-build.lock
# Only what the lock names, by hash; without pip; at the path where it will run. Compiled here, since nothing can be
# written there; by content, so that the same sources make the same files.
RUN python3 -m venv --without-pip /opt/ent-capacity \
    && pip/bin/pip --python /opt/ent-capacity/bin/python install --quiet --no-compile \
        --require-hashes --only-binary :all: -r requirements.lock \
    && /opt/ent-capacity/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/ent-capacity/lib
COPY pyproject.toml README.md LICENSE ./
COPY operator operator
RUN pip/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . \
    && pip/bin/pip --python /opt/ent-capacity/bin/python install --quiet --no-compile --no-deps dist/*.whl \
    && pip/bin/pip --python /opt/ent-capacity/bin/python check \
    && /opt/ent-capacity/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/ent-capacity/lib

FROM ${BASE}
ARG REVISION=""
LABEL org.opencontainers.image.title="ent-capacity" \
      org.opencontainers.image.description="Scales ENT workloads before the users come" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim-bookworm" \
      org.opencontainers.image.revision="${REVISION}"
# The base brings pip; nothing is to be installed here.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3.*/ensurepip /usr/local/lib/python3.*/site-packages/*
COPY --from=build /opt/ent-capacity /opt/ent-capacity
# HOME, since a user that no file names has none, and the Kubernetes client asks for it.
ENV PATH=/opt/ent-capacity/bin:/usr/local/bin:/usr/bin:/bin HOME=/ PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# The chart's user; a number, so that runAsNonRoot can be checked.
USER 65532:65532
WORKDIR /
EXPOSE 8080
ENTRYPOINT ["entcapacity"]
CMD ["run"]

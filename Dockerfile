# syntax=docker/dockerfile:1
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /build
COPY requirements-build.txt requirements.txt ./
# The tools stay in this stage; the second environment is what ships, without pip.
RUN python -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-cache-dir --require-hashes --requirement requirements-build.txt \
    && python -m venv --without-pip /opt/sms-operator \
    && /opt/tools/bin/pip --python /opt/sms-operator install --no-cache-dir --require-hashes --requirement requirements.txt
COPY pyproject.toml hatch.toml README.md LICENSE ./
COPY operator operator
RUN /opt/tools/bin/python -m hatchling build --target wheel --directory dist \
    && /opt/tools/bin/pip --python /opt/sms-operator install --no-cache-dir --no-index --no-deps dist/*.whl \
    && /opt/sms-operator/bin/python -m compileall -q /opt/sms-operator/lib

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="sms-operator" \
      org.opencontainers.image.description="Declare SMS gateways and channels as Kubernetes objects; the SMPP binds stay up" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/sms-operator /opt/sms-operator
# The root file system is read-only in the cluster: nothing is written at run time, byte code included.
ENV PATH=/opt/sms-operator/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 65532:65532
ENTRYPOINT ["sms-operator"]
# Both planes in one container; the manifests run `controller` and `links` in one each.
CMD ["run"]

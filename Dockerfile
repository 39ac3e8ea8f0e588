# Storyboard in a container: the command line, for one machine, a Ray node or a render farm.
#
#   docker build -t storyboard .                                  runs on GPUs and on CPUs
#   docker build -t storyboard:cpu --build-arg TORCH_INDEX=URL .  smaller: URL is the index of
#                                                                 PyTorch's wheels for CPUs
#   docker run --rm --gpus all -v "$PWD:/films" storyboard render story.yaml --workers 2
#
# PyTorch's usual wheels bring CUDA with them, so the image needs no CUDA of its own: the host needs
# the driver and the NVIDIA Container Toolkit. Films are written where the container is started, by
# the user who owns the process: add `--user "$(id -u):$(id -g)"` for files of your own.

ARG PYTHON=3.12
FROM python:${PYTHON}-slim

# extras of the package, comma separated: ray,depth,upscale,...
ARG EXTRAS=ray
ARG TORCH_INDEX=

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    HOME=/cache \
    XDG_CACHE_HOME=/cache

WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY examples/stories examples/stories
COPY storyboard storyboard

# With TORCH_INDEX torch comes first, from there alone; the versions of constraints.txt hold for both.
RUN if [ -n "$TORCH_INDEX" ]; then \
        pip install --index-url "$TORCH_INDEX" $(grep -E '^torch(vision)?==' constraints.txt); \
    fi \
    && pip install -c constraints.txt ".[${EXTRAS}]" \
    && mkdir -p /cache /films && chmod 1777 /cache /films

# Weights that are fetched with --download are kept where this volume is mounted.
VOLUME /cache
WORKDIR /films
ENTRYPOINT ["storyboard"]
CMD ["--help"]

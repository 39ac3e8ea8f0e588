#!/bin/sh
# Makes .venv and installs the project into it, editable, with the versions of constraints.txt.
#
#   sh scripts/setup.sh [.|.[dev]]        PYTHON=... chooses the interpreter
set -eu
cd "$(dirname "$0")/.."
target="${1:-.}"

# Answers the first interpreter that is new enough; a name that is only a shim is passed over.
find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    echo "storyboard needs Python 3.11 or newer, and none was found${PYTHON:+ as $PYTHON}." >&2
    echo "Install one, or name it:  make PYTHON=/path/to/python3.12 ..." >&2
    exit 3
}

if [ ! -x .venv/bin/python ]; then
    python="$(find_python)"
    echo "making .venv with $("$python" --version)" >&2
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --python "$python" .venv
    else
        "$python" -m venv .venv
    fi
fi

if command -v uv >/dev/null 2>&1; then
    uv="uv"
else
    [ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet uv
    uv=".venv/bin/uv"
fi

echo "installing $target; the first time fetches PyTorch and takes some minutes" >&2
# Compiled now, once: not all machines let python keep what it compiles, and then every start pays.
"$uv" pip install --python .venv/bin/python --constraint constraints.txt --compile-bytecode \
    --editable "$target"
.venv/bin/python -m compileall -q storyboard

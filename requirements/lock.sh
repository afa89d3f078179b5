#!/usr/bin/env bash
# Write the hashed lock files, one an extra, without any registry address. Needs `uv` on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() {
  local out=$1
  shift
  uv pip compile pyproject.toml "$@" --constraints requirements/constraints.txt --universal \
    --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet \
    --output-file "requirements/$out.txt"
}
lock edge --extra edge
lock edge-tflite --extra edge-tflite
lock aggregator --extra aggregator
lock provisioning --extra provisioning
lock run --extra edge --extra aggregator --extra provisioning --extra build
lock dev --extra edge --extra aggregator --extra provisioning --extra build --extra dev
uv pip compile requirements/peers.in --no-deps --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements/peers.txt

#!/usr/bin/env bash
# Licences, bans and sources of the dependencies. Advisories need a network and are left to a scheduled job.
set -euo pipefail
cd "$(dirname "$0")/.."
if command -v cargo-deny >/dev/null; then
    cargo deny --offline check licenses bans sources
else
    echo "cargo-deny is not installed: licences not checked (cargo install cargo-deny)" >&2
fi

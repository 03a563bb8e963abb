#!/usr/bin/env bash
# Tests and builds a plugin project in Python or JavaScript with its language's own tools: tools/polyglot.sh LANG PROJECT OUTPUT
# The tools are installed below target/polyglot, pinned by the project; a component is built once for the same content.
# Ends with 75 where the tools are not there and cannot be fetched.
set -euo pipefail

lang=$1 project=$(realpath "$2") output=$(realpath -m "$3")
target=${CARGO_TARGET_DIR:-$(dirname "$(realpath "$0")")/../target}
mkdir -p "$target/polyglot/built"
work=$(realpath "$target/polyglot")

fail() { echo "polyglot: $*" >&2; exit 1; }

sum() { sha256sum "$@" | sha256sum | cut -c1-16; }

# Runs an installation; what says that nothing was reached is no failure of ours.
install() { # what, log, command…
    local what=$1 log=$2
    shift 2
    "$@" >"$log" 2>&1 && return
    if grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|NewConnectionError|NameResolutionError|ConnectTimeoutError|Temporary failure in name resolution|Network is unreachable' "$log"; then
        echo "polyglot: skipped: the registry of $what is not reachable" >&2
        exit 75
    fi
    cat "$log" >&2
    fail "$what could not be installed"
}

cd "$project"
content=$(find . -type f -not -path './build/*' -not -path './node_modules/*' -not -path '*/__pycache__/*' | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum | cut -c1-16)
built=$work/built/$lang-$content.wasm
if [ ! -e "$built" ]; then
    case $lang in
    python)
        python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || fail "needs Python 3.11 or newer: run tools/setup.sh"
        tools=$work/python-$(sum <requirements.txt)
        if [ ! -e "$tools/ready" ]; then
            rm -rf "$tools"
            python3 -m venv "$tools" || fail "needs Python's venv: run tools/setup.sh"
            install Python "$work/pip.log" "$tools/bin/pip" install -q --retries 1 --timeout 20 -r requirements.txt
            touch "$tools/ready"
        fi
        "$tools/bin/python" -m unittest >&2
        "$tools/bin/python" -m ringfence.build >&2
        ;;
    js)
        node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || fail "needs Node.js 20 or newer: run tools/setup.sh"
        tools=$work/js-$(sum <package-lock.json)
        if [ ! -e "$tools/ready" ]; then
            rm -rf "$tools" && mkdir -p "$tools"
            cp package.json package-lock.json "$tools"
            install JavaScript "$work/npm.log" npm --prefix "$tools" install --no-audit --no-fund --prefer-offline --fetch-retries=1
            touch "$tools/ready"
        fi
        ln -sfn "$tools/node_modules" node_modules
        node --test >&2
        node ringfence/build.mjs >&2
        ;;
    *) fail "'$lang' is not known: use python or js" ;;
    esac
    cp build/*.wasm "$built.new"
    mv "$built.new" "$built"
fi
cp "$built" "$output"

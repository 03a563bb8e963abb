#!/usr/bin/env bash
# Installs what building and testing need and the machine lacks. Says only what it does.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "setup: $*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
        fail "needs root to run: $*"
    fi
}

apt_updated=
install() { # what it is for, Debian package, Fedora package, Homebrew formula
    echo "setup: installing $1" >&2
    if command -v apt-get >/dev/null; then
        if [ -z "$apt_updated" ]; then as_root apt-get update -qq; apt_updated=1; fi
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $2 >/dev/null
    elif command -v dnf >/dev/null; then as_root dnf install -y -q $3
    elif command -v brew >/dev/null; then brew install --quiet $4
    else fail "no known package manager: please install $1 yourself"
    fi
}

command -v cargo >/dev/null || fail "cargo is missing: install Rust with rustup"
command -v cc >/dev/null || install "a C compiler" "gcc libc6-dev" "gcc" "gcc"

# Only tests need these: plugins in Python and JavaScript are built by tools/polyglot.sh.
if [ "${1:-}" = languages ]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || install "Python" "python3 python3-venv" "python3" "python@3.13"
    { command -v node && command -v npm; } >/dev/null || install "Node.js" "nodejs npm" "nodejs npm" "node"
    exit
fi

target=wasm32-wasip2
if command -v rustup >/dev/null; then
    if ! rustup target list --installed | grep -qx "$target"; then
        echo "setup: adding the $target target" >&2
        rustup target add "$target"
    fi
fi

postgres_found() {
    command -v postgres >/dev/null && return 0
    for bin in /usr/lib/postgresql/*/bin/postgres /opt/homebrew/opt/postgresql@*/bin/postgres /usr/local/opt/postgresql@*/bin/postgres; do
        [ -x "$bin" ] && return 0
    done
    return 1
}
if ! postgres_found; then
    # Ringfence starts its own private server; the distribution's need not run.
    if command -v apt-get >/dev/null && [ ! -e /etc/postgresql-common ]; then
        as_root mkdir -p /etc/postgresql-common/createcluster.d
        echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.d/ringfence.conf >/dev/null
    fi
    install "PostgreSQL" "postgresql" "postgresql-server" "postgresql@17"
    postgres_found || fail "PostgreSQL was installed but its programs were not found"
fi

# What only tests use: a registry of OCI artifacts on this machine, and the program whose signatures ours are. Without them their
# tests say that they are skipped.
for program in docker-registry minisign; do
    command -v "$program" >/dev/null && continue
    if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
        echo "setup: $program is missing and not installed (it needs root on Debian): its tests are skipped" >&2
        continue
    fi
    # Tests start a registry of their own; the distribution's need not run.
    if [ "$program" = docker-registry ] && command -v systemctl >/dev/null; then
        systemctl mask --quiet docker-registry.service 2>/dev/null || true
    fi
    # In a shell of its own: not having it is no reason to stop.
    (install "$program" "$program" "$program" "$program") || echo "setup: $program cannot be had: its tests are skipped" >&2
done

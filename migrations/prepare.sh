#!/bin/sh
# Renews .sqlx (what sqlx's query macros know of the database) with a throw-away PostgreSQL. A shell script, because the
# macros must have this data before anything of ours compiles. Usage: migrations/prepare.sh [--check]
set -eu
cd "$(dirname "$0")/.."
bin=${POSTGRES_BIN_DIR:-}
if [ -z "$bin" ]; then
    for dir in $(ls -d /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin 2>/dev/null | sort -Vr); do
        if [ -x "$dir/initdb" ]; then bin=$dir; break; fi
    done
fi
[ -n "$bin" ] || { echo "error: no PostgreSQL found: install it, or set POSTGRES_BIN_DIR" >&2; exit 3; }

work=$(mktemp -d /tmp/ringfence-prepare.XXXXXX)
as=
if [ "$(id -u)" = 0 ]; then
    # The server refuses to run as root.
    chown postgres "$work"
    as="setpriv --reuid=postgres --regid=postgres --clear-groups"
fi
finish() {
    $as "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
here=$PWD
cd "$work"
$as "$bin/initdb" -D "$work/data" -U ringfence -A trust -E UTF8 --locale=C -N >/dev/null
$as "$bin/pg_ctl" -D "$work/data" -w -l "$work/log" \
    -o "-c listen_addresses='' -c unix_socket_directories=$work -c fsync=off" start >/dev/null
cd "$here"
for file in migrations/[0-9]*.sql; do
    "$bin/psql" -q -X -v ON_ERROR_STOP=1 -h "$work" -U ringfence -d postgres -f "$file"
done

mkdir -p "$work/queries"
chmod 755 "$work"
# A changed file time makes cargo expand the macros again, which writes their data.
touch host/src/lib.rs
DATABASE_URL="postgres://ringfence@localhost/postgres?host=$work" SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$work/queries" \
    cargo check -q -p ringfence --lib
touch host/src/lib.rs

if [ "${1:-}" = --check ]; then
    diff -r "$work/queries" .sqlx >/dev/null || { echo "error: .sqlx is out of date: run migrations/prepare.sh" >&2; exit 1; }
    echo "ok: .sqlx is up to date"
else
    rm -rf .sqlx
    cp -r "$work/queries" .sqlx
    echo "wrote $(ls .sqlx | wc -l) queries to .sqlx"
fi

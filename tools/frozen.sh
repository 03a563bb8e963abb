#!/usr/bin/env bash
# Released folders of the plugin interface never change: not their files, and not what is written down about them.
set -euo pipefail
cd "$(dirname "$0")/../wit"
sha256sum --quiet --strict -c released.sha256 || {
    echo "wit: a released file was edited; take that back and make the change in a folder of its own (wit/README.md)" >&2
    exit 1
}
# A line that ever stood in the list must still stand there. Without a history (an archive) there is nothing to compare with.
if git rev-parse --git-dir >/dev/null 2>&1; then
    gone=$(git log --first-parent -m -p --format= -- released.sha256 | sed -n 's/^-\([0-9a-f]\{64\}  .*\)$/\1/p' | sort -u |
        comm -23 - <(sort -u released.sha256))
    if [ -n "$gone" ]; then
        printf 'wit/released.sha256: lines were changed or removed; a released folder stays as it is:\n%s\n' "$gone" >&2
        exit 1
    fi
fi

#!/bin/sh
# The crash test for long: kills the program at least 5,000 times at seeded points and compares what it found with one quiet scan.
# Usage: tools/soak.sh [KILLS [MINUTES [SEED]]]. The seed is the time unless given; a failure prints the seed that repeats it.
# Ends by itself: after MINUTES no further pair of databases is begun, and too few kills are a failure.
set -eu
cd "$(dirname "$0")/.."

kills=${1:-5000}
minutes=${2:-60}
seed=${3:-$(date +%s)}
cargo=${CARGO:-cargo}

# Built first, so that the minutes are the test's own.
"$cargo" test --locked --quiet -p ringfence --test crash --no-run
echo "soak: $kills kills, at most $minutes minutes, seed $seed"
RINGFENCE_KILLS=$kills RINGFENCE_MINUTES=$minutes RINGFENCE_SEED=$seed \
    exec "$cargo" test --locked --quiet -p ringfence --test crash -- --nocapture --exact \
    whatever_is_killed_when_nothing_is_lost_and_nothing_is_found_twice

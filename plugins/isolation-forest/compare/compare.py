"""Compares this crate's example program with scikit-learn's IsolationForest, side by side on one core.

    python3 compare.py SCORE_PROGRAM FOLDER [SEEDS]

SCORE_PROGRAM is target/release/examples/score; FOLDER has CSV files as datasets.R writes them. Prints, per set, the area under the ROC
curve (mean and standard deviation over the seeds) of both, and the medians of fit time and time per row of both with their
ratios. Seeds take turns, so both see the same load of the machine.
"""

import io
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score


def ours(program, file, seed):
    """Scores, milliseconds to fit, nanoseconds per row."""
    done = subprocess.run(
        [program, file, "--seeds", f"{seed}..{seed + 1}", "--time"], capture_output=True, text=True, check=True
    )
    fit, score = re.search(r"fit ([\d.]+) ms, score ([\d.]+) ns", done.stderr).groups()
    return np.loadtxt(io.StringIO(done.stdout), delimiter=","), float(fit), float(score)


def theirs(rows, seed):
    """The same of scikit-learn, with the paper's parameters."""
    begin = time.perf_counter()
    forest = IsolationForest(n_estimators=100, max_samples=min(256, len(rows)), random_state=seed, n_jobs=1).fit(rows)
    fitted = time.perf_counter()
    scores = -forest.score_samples(rows)
    scored = time.perf_counter()
    return scores, (fitted - begin) * 1e3, (scored - fitted) * 1e9 / len(rows)


def main():
    program, folder = sys.argv[1], Path(sys.argv[2])
    seeds = range(int(sys.argv[3]) if len(sys.argv) > 3 else 10)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"scikit-learn {sklearn.__version__}, numpy {np.__version__}, python {platform.python_version()}, one core")
    print("| set | rows | AUC ours | AUC scikit-learn | fit ms | ratio | score ns/row | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for file in sorted(folder.glob("*.csv"), key=lambda f: -f.stat().st_size):
        table = np.loadtxt(file, delimiter=",", skiprows=1)
        rows, label = np.ascontiguousarray(table[:, :-1]), table[:, -1]
        theirs(rows, 0)  # the first call pays for imports
        figures = ([], [])
        for seed in seeds:
            for kept, (scores, fit, score) in zip(figures, (ours(program, str(file), seed), theirs(rows, seed))):
                kept.append((roc_auc_score(label, scores), fit, score))
        (auc, fit, score), (their_auc, their_fit, their_score) = (list(zip(*kept)) for kept in figures)
        spread = lambda values: f"{statistics.mean(values):.4f} ± {statistics.stdev(values):.4f}"
        fit, their_fit = statistics.median(fit), statistics.median(their_fit)
        score, their_score = statistics.median(score), statistics.median(their_score)
        print(
            f"| {file.stem} | {len(rows)} | {spread(auc)} | {spread(their_auc)} "
            f"| {fit:.2f} / {their_fit:.1f} | {their_fit / fit:.1f} × "
            f"| {score:.0f} / {their_score:.0f} | {their_score / score:.1f} × |",
            flush=True,
        )


if __name__ == "__main__":
    main()

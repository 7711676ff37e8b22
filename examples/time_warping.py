"""What a network is to be compared with on vowels.csv: the nearest neighbour, with dynamic time warping.

make data                                # writes the tables, and runs this too (10 s)
python examples/time_warping.py data
"""

import csv
import sys
from pathlib import Path

import numpy as np


def sequences(path):
    """The utterances of a table, each (T, 12), and their speakers."""
    told = {}
    with path.open(encoding="utf-8") as file:
        for utterance, speaker, *numbers in list(csv.reader(file))[1:]:
            told.setdefault((utterance, speaker), []).append([float(n) for n in numbers])
    return [np.array(rows) for rows in told.values()], [speaker for _, speaker in told]


def warped(folder, scaled):
    """The share wrong of the nearest neighbour with dynamic time warping, among all vowels to train on."""
    (known, speakers), (asked, right) = (sequences(folder / f"{name}.csv") for name in ("vowels", "vowels_test"))
    rows = np.concatenate(known)
    spread = rows.std(axis=0) if scaled else 1.0
    x = np.full((len(known), max(map(len, known)), rows.shape[1]), 0.0)  # (N, T, 12)
    for n, one in enumerate(known):
        x[n, : len(one)] = one
    ends = [len(one) - 1 for one in known]
    wrong = 0
    for a, speaker in zip(asked, right, strict=True):
        before = np.full((len(x), x.shape[1] + 1), np.inf)  # the cost of the best way to each pair of steps, (N, 1 + T)
        before[:, 0] = 0
        for step in a:
            cost = (((x - step) / spread) ** 2).sum(axis=2)  # (N, T)
            way = np.full_like(before, np.inf)
            for j in range(x.shape[1]):
                way[:, j + 1] = cost[:, j] + np.minimum(np.minimum(before[:, j], before[:, j + 1]), way[:, j])
            before = way
        wrong += speakers[before[np.arange(len(x)), 1 + np.array(ends)].argmin()] != speaker
    return wrong / len(asked)


if __name__ == "__main__":
    shares = [warped(Path(sys.argv[1]), scaled) for scaled in (False, True)]
    print("vowels.csv    nearest neighbour, warped in time: {:.4g} wrong, {:.4g} of scaled columns".format(*shares))

"""How many rows a season has, found in the rows themselves."""

from __future__ import annotations

import numpy as np

from ....core.support.arrays import Array

__all__ = ["season_of"]

LONGEST = 400  # rows
MOST_ROWS = 10_000  # that are looked at, the last ones
LEAST_CORRELATION = 0.3
NEAR = 0.9  # of the best: of a season and its multiples, which repeat as well, the shortest is taken


def season_of(values: Array) -> int:
    """After how many rows the values (N, C) repeat best; 0 if they hardly do.

    A parabola is taken away from each column. Beyond the lag where the autocorrelation, in the mean of the columns, is
    first negative, its highest peak is taken, or the shortest that is nearly as high: at least three seasons must be
    there.

    >>> t = np.arange(96)[:, None]
    >>> season_of(0.01 * t**2 + np.sin(2 * np.pi * t / 12)), season_of(0.5 * t)
    (12, 0)
    """
    values = values[-MOST_ROWS:].astype(np.float64)
    N = len(values)
    longest = min(N // 3, LONGEST)
    if longest < 3:
        return 0
    t = np.linspace(-1, 1, N)
    powers = np.stack([np.ones(N), t, t * t], axis=1)
    rest = values - powers @ np.linalg.lstsq(powers, values, rcond=None)[0]  # (N, C)
    size = (rest**2).sum(axis=0)
    used = size > 1e-12 * (values**2).sum(axis=0)
    if not used.any():
        return 0
    spectrum = np.abs(np.fft.rfft(rest[:, used], 2 * N, axis=0)) ** 2
    r = np.fft.irfft(spectrum, axis=0)[: longest + 2] / size[used]
    r = (r * (N / (N - np.arange(len(r))))[:, None]).mean(axis=1)  # of as many products as there are
    if not (r < 0).any():
        return 0
    peaks = [k for k in range(int(np.argmax(r < 0)), longest + 1) if r[k] >= max(r[k - 1], r[k + 1])]
    best = max((r[k] for k in peaks), default=0.0)
    if best < LEAST_CORRELATION:
        return 0
    error = 1 / np.sqrt(N)  # of an autocorrelation, by which one multiple may stand above the others
    return next(k for k in peaks if r[k] >= NEAR * best - error)

"""What wrong results have in common with the right ones: the order, the sign, a factor, a transpose, some digits.

A likeness is only one if it holds in every case.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .outcome import close

__all__ = ["of_some", "of_the_whole"]

Arrays = Sequence[np.ndarray]
Pairs = list[tuple[np.ndarray, np.ndarray]]  # what came and what was wanted, of each case
DIGITS = "Right to some digits only: was it rounded, measured by wiggling, is a small number added somewhere, "
OF_FLOAT32 = "or is it float32? Tensors are, by default."
IS_FLOAT32 = "Right to some digits only: it is float32, as tensors are by default. Wanted is float64, NumPy's."


def of_the_whole(got: Sequence[Arrays], wanted: Sequence[Arrays], names: Sequence[str], rtol: float) -> str:
    """What all results share: another order, the sign, a factor, too few digits; otherwise nothing."""
    if all(_permuted(g, w, rtol) for g, w in zip(got, wanted, strict=True)):
        several = len(wanted[0]) > 1
        return (
            f"The results are right, in another order: wanted {', '.join(names) or 'the first one first'}."
            if several
            else "The numbers are right, in another order."
        )
    pairs: Pairs = []
    for g, w in zip(got, wanted, strict=True):
        if [a.shape for a in g] != [a.shape for a in w]:
            return ""
        pairs.append((_joined(g), _joined(w)))
    if _to_some_digits(pairs) and not (names and _some_are_right(got, wanted, rtol)):
        narrow = any(a.dtype in (np.float32, np.float16) for arrays in got for a in arrays)
        return IS_FLOAT32 if narrow else DIGITS + OF_FLOAT32
    factor = _common_factor(pairs)
    if factor is None:
        return ""
    return "Every number has the wrong sign." if factor == -1 else f"Every number is {factor:.4g} times what is wanted."


def of_some(got: Sequence[Arrays], wanted: Sequence[Arrays], names: Sequence[str], rtol: float) -> str:
    """What results share that are wrong, where there are names: exchanged, or alike in sign, factor or transpose."""
    count = len(names)
    if any(len(arrays) != count for arrays in (*got, *wanted)):
        return ""
    columns = [[(g[i], w[i]) for g, w in zip(got, wanted, strict=True)] for i in range(count)]
    wrong = [i for i in range(count) if not all(close(g, w, rtol) for g, w in columns[i])]
    for i in wrong:
        for j in wrong:
            if i < j and _equal(got, i, wanted, j, rtol) and _equal(got, j, wanted, i, rtol):
                return f"{names[i]} and {names[j]} are exchanged."
    likenesses = [_likeness(columns[i], rtol) for i in wrong]
    for likeness in filter(None, likenesses):
        alike = [names[i] for i, other in zip(wrong, likenesses, strict=True) if other == likeness]
        verb, rest = likeness
        plural = {"has": "have", "is": "are"}[verb]
        return f"{_enumerated(alike)} {plural if len(alike) > 1 else verb} {rest}."
    return ""


def _likeness(pairs: Pairs, rtol: float) -> tuple[str, str] | None:
    """Of one result, in all cases: a verb, and what follows it."""
    if all(w.ndim > 1 and close(g, w.mT, rtol) for g, w in pairs):
        return "is", "transposed"
    if any(g.shape != w.shape for g, w in pairs):
        return None
    flat = [(g.ravel().astype(float), w.ravel().astype(float)) for g, w in pairs]
    if _to_some_digits(flat):
        return "is", "right to some digits only"
    factor = _common_factor(flat)
    if factor is None:
        return None
    return ("has", "the wrong sign") if factor == -1 else ("is", f"{factor:.4g} times what is wanted")


def _permuted(got: Arrays, wanted: Arrays, rtol: float) -> bool:
    """Whether the same results came in any order; of a single list, the same numbers."""
    if len(got) != len(wanted):
        return False
    if len(got) == 1:
        g, w = got[0], wanted[0]
        return g.ndim == 1 and g.shape == w.shape and close(np.sort(g), np.sort(w), rtol)
    order = [next((i for i, w in enumerate(wanted) if close(g, w, rtol)), None) for g in got]
    return None not in order and len(set(order)) == len(order)


def _some_are_right(got: Sequence[Arrays], wanted: Sequence[Arrays], rtol: float) -> bool:
    return any(_equal(got, i, wanted, i, rtol) for i in range(min(map(len, wanted))))


def _equal(got: Sequence[Arrays], i: int, wanted: Sequence[Arrays], j: int, rtol: float) -> bool:
    """Whether what came as result i is what was wanted as result j, in every case."""
    return all(close(g[i], w[j], rtol) for g, w in zip(got, wanted, strict=True))


def _joined(arrays: Arrays) -> np.ndarray:
    return np.concatenate([np.zeros(0), *(a.ravel() for a in arrays)]).astype(np.float64)


def _to_some_digits(pairs: Pairs) -> bool:
    """Whether all numbers are right to about four digits, of flat arrays."""
    if not all(np.isfinite(g).all() and np.isfinite(w).all() for g, w in pairs):
        return False
    return all(np.abs(g - w).max(initial=0) <= 1e-4 * np.abs(w).max(initial=0) for g, w in pairs)


def _common_factor(pairs: Pairs) -> float | None:
    """The number that all of the wanted ones were multiplied by, in every case; None if there is none, or it is 1."""
    factors = []
    for g, w in pairs:
        if not (np.isfinite(g).all() and np.isfinite(w).all()):
            return None
        if w.any():
            with np.errstate(all="ignore"):  # what overflows has no factor
                factor = float(g @ w / (w @ w))
                is_shared = np.abs(g - factor * w).max() <= 1e-6 * np.abs(g).max()
            if not (is_shared and np.isfinite(factor)):
                return None
            factors.append(factor)
        elif g.any():
            return None
    if not factors or sum(w.size for _, w in pairs) < 2 or abs(factors[0]) < 1e-6:
        return None
    if max(factors) - min(factors) > 1e-6 * abs(factors[0]) or abs(factors[0] - 1) < 1e-6:
        return None
    return -1 if abs(factors[0] + 1) < 1e-6 else factors[0]


def _enumerated(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

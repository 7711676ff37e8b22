"""The compiler's environment variables, each read in one function and refused in one line if invalid."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from ..errors import ArgumentError, FileError

__all__ = ["cache_folder", "jit_by_default", "threads", "vectors_of_64_bytes"]

MOST_DIGITS = 9  # of a number of threads: int() itself takes no more than 4300


@functools.cache
def threads() -> int:
    """The number of threads of compiled loops: TINYGRAD_GRU_THREADS, or what the products are allowed, or all cores."""
    got = os.environ.get("TINYGRAD_GRU_THREADS", "")
    if got.strip():
        number = _whole(got)
        if not number:
            shown = got if len(got) <= 20 else f"{got[:20]}…"
            raise ArgumentError(
                f"TINYGRAD_GRU_THREADS: got {shown!r}, wanted a whole number from 1 up. try: TINYGRAD_GRU_THREADS=1"
            )
        return number
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        first = os.environ.get(variable, "").split(",")[0]  # OpenMP has a number for each level of nesting
        if number := _whole(first):  # others are not ours to refuse, and the libraries pass over them, too
            return number
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _whole(text: str) -> int:
    """The whole number from 1 up that is written in plain digits; 0 for anything else, such as ² or 1_0."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0


def jit_by_default() -> bool:
    """Whether Numba is used where it is installed: unless TINYGRAD_GRU_JIT is 0."""
    got = os.environ.get("TINYGRAD_GRU_JIT", "").strip()
    if got not in ("", "0", "1"):
        shown = got if len(got) <= 20 else f"{got[:20]}…"
        raise ArgumentError(f"TINYGRAD_GRU_JIT: got {shown!r}, wanted 0 or 1. try: TINYGRAD_GRU_JIT=0")
    return got != "0"


def vectors_of_64_bytes() -> bool:
    """Whether native loops use AVX-512: if this machine has it, unless TINYGRAD_GRU_SIMD says avx2."""
    from llvmlite import binding

    got = os.environ.get("TINYGRAD_GRU_SIMD", "").strip()
    has_it = bool(binding.get_host_cpu_features().get("avx512f"))
    if got not in ("", "avx2", "avx512") or (got == "avx512" and not has_it):
        shown = got if len(got) <= 20 else f"{got[:20]}…"
        choices = "avx2 or avx512" if has_it else "avx2: this machine has no AVX-512"
        raise ArgumentError(f"TINYGRAD_GRU_SIMD: got {shown!r}, wanted {choices}. try: TINYGRAD_GRU_SIMD=avx2")
    return has_it and got != "avx2"


def cache_folder() -> Path:
    """The user's folder for what can be made again: XDG_CACHE_HOME, if that is an absolute path, or ~/.cache."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    if chosen and Path(chosen).is_absolute():  # as the XDG Base Directory Specification has it
        return Path(chosen)
    try:
        return Path.home() / ".cache"
    except RuntimeError:
        hint = "try: XDG_CACHE_HOME with a folder of yours, or TINYGRAD_GRU_JIT=0"
        raise FileError(f"there is no home folder for what is compiled. {hint}") from None

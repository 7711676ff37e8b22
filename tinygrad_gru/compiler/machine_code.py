"""Loops compiled to machine code by Numba, where it is installed: pip install "tinygrad_gru[jit]".

The text is that of `native`. Numba's machine code is cached on disk, in a folder that only its owner may enter, under
the hash of the text, so that each program is compiled once on each machine.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import stat
import sys
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..core.support.arguments import flag
from ..errors import FileError, MissingExtraError
from .environment import cache_folder, jit_by_default, threads
from .native import NativeBackward, NativeForward
from .plan import Plan

__all__ = ["functions", "insisted_on", "jit", "uses_numba"]

# tanh x ≈ x P(x²)/Q(x²) for |x| ≤ 9, beyond which float32 knows only ±1. The coefficients minimise the largest relative
# error, 7e-9 (least squares, reweighted); with rounding it is 4e-7. A quotient of polynomials, unlike the tanh of the
# mathematics library, is computed for eight numbers at once. NaN stays NaN, since it is neither above 9 nor below −9.
P = (0.9999999933860823, 0.1308401021171747, 0.003103956331438361, 1.1154309254346934e-05, -2.022522835656678e-08,
     5.277949000010921e-11, -8.488710637490851e-14)  # fmt: skip
Q = (1.0, 0.46417337313716434, 0.024495178883317852, 0.00025461453770884903)


def _horner(coefficients: tuple[float, ...]) -> str:
    text = f"real({coefficients[-1]!r})"
    for c in coefficients[-2::-1]:
        text = f"(real({c!r}) + s * {text})"
    return text


TANH = {
    "float32": f"""
    x = real(9) if x > real(9) else x
    x = real(-9) if x < real(-9) else x
    s = x * x
    y = x * {_horner(P)} / {_horner(Q)}
    y = real(1) if y > real(1) else y
    return real(-1) if y < real(-1) else y
""",
    "float64": """
    return np.tanh(x)
""",
}

# The functions that the loops call. `vanishing` is core.support.accumulate.vanishing.
PRELUDE = """import numpy as np
from numba import njit

real = np.{dtype}
tiny = real({tiny!r})
options = dict(cache=True, nogil=True, error_model="numpy", fastmath={{"contract"}})


@njit(inline="always", **options)
def tanh(x):{tanh}

@njit(**options)
def vanishing(g):
    if abs(g[0, 0]) >= tiny:
        return False
    for b in range(g.shape[0]):
        for j in range(g.shape[1]):
            if not abs(g[b, j]) < tiny:
                return False
    return True


@njit(**options)
def arrive(g, outside):
    for b in range(g.shape[0]):
        for j in range(g.shape[1]):
            g[b, j] += outside[b, j]


@njit(**options)
def first_step(outside, lo, hi):
    for t in range(outside.shape[0]):
        if outside[t, lo:hi].any():
            return t
    return outside.shape[0]
"""

# The choices of the nested blocks, the innermost last; empty outside of all.
_choices: ContextVar[tuple[bool, ...]] = ContextVar("jit", default=())


class jit:
    """`with jit(False):` runs the NumPy programs even where Numba is installed; `with jit(True):` insists on Numba.

    Without either, Numba is used where it is installed, unless the environment says TINYGRAD_GRU_JIT=0. The two differ
    in rounding only; which one it is never depends on time taken, so that results repeat. Large batches are shared
    among TINYGRAD_GRU_THREADS threads, by default as many as the products may use (OPENBLAS_NUM_THREADS), or as there
    are cores; for one number of threads results repeat bit for bit. Raises MissingExtraError for jit(True) without
    Numba.
    """

    def __init__(self, on: bool = True) -> None:
        if flag("jit: on", on) and not _installed():
            raise MissingExtraError("Numba", "jit", "compiling loops to machine code")
        self.on = on

    def __enter__(self) -> jit:
        _choices.set((*_choices.get(), self.on))
        return self

    def __exit__(self, *exc: object) -> None:
        _choices.set(_choices.get()[:-1])


def _installed() -> bool:
    return all(name in sys.modules or importlib.util.find_spec(name) for name in ("numba", "scipy"))


def uses_numba() -> bool:
    """Whether loops are to be compiled to machine code."""
    choices = _choices.get()
    return choices[-1] if choices else jit_by_default() and _installed()


def insisted_on() -> bool:
    """Whether `jit(True)` asks for machine code: then the NumPy program is no fallback."""
    choices = _choices.get()
    return bool(choices) and choices[-1]


def loops_of(plan: Plan, dtype: Any) -> tuple[str, str, str]:
    """The texts of the two loops that Numba compiles, and of the functions around them, which NumPy runs."""
    names = plan.program.names()
    dtype = np.dtype(dtype).name
    shapes = {"real": dtype, "bool": "boolean"}
    loops, around = [], []
    for kind in (NativeForward, NativeBackward):
        writer = kind(plan, names)
        around.append("\n".join(writer.text()))
        types = [f"{shapes[t[:-1]]}[{', '.join([':'] * (int(t[-1]) - 1) + ['::1'])}]" for t in writer.types]
        signature = ", ".join(["int64", "int64", "int64", "boolean", "boolean", "boolean[:, ::1]", *types])
        loops.append(f'@njit("void({signature})", **options)\n' + "\n".join(writer.loop))
    return loops[0], loops[1], "\n\n\n".join(around) + "\n"


def functions(plan: Plan, dtype: Any) -> dict[str, Any]:
    """`forward` and `backward`, as those of the NumPy program, with their loops in machine code."""
    forward, backward, around = loops_of(plan, dtype)
    name = np.dtype(dtype).name
    prelude = PRELUDE.format(dtype=name, tanh=TANH[name], tiny=1e-30)
    module = _compiled("\n\n".join([prelude, f"{forward}\n", f"{backward}\n"]))
    space: dict[str, Any] = {"np": np, "forward_loop": module.forward_loop, "backward_loop": module.backward_loop}
    exec(compile(around, "<around the compiled loops>", "exec"), space)  # text of ours, see emission.py
    return space


def _compiled(text: str) -> ModuleType:
    """The module with this text, from the folder of those that were compiled before."""
    name = f"loops_{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    path = _folder() / f"{name}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    try:
        return _imported(name, path)
    except Exception:  # a torn cache, or one of another Numba: compile again, and a second failure is ours
        for cached in path.parent.glob(f"__pycache__/{name}*"):
            cached.unlink(missing_ok=True)
        return _imported(name, path)


@functools.cache
def _share_the_cores() -> None:
    """Limit SciPy's BLAS, which Numba calls, to one thread where the loops themselves run in several."""
    if threads() > 1:
        import scipy.linalg.cython_blas
        from threadpoolctl import ThreadpoolController

        folder = str(Path(scipy.__file__).parents[1] / "scipy.libs")
        for library in ThreadpoolController().lib_controllers:
            if library.filepath.startswith(folder):
                library.set_num_threads(1)


def _imported(name: str, path: Path) -> ModuleType:
    _share_the_cores()
    spec = importlib.util.spec_from_file_location(f"tinygrad_gru_{name}", path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # Numba looks for it there
    spec.loader.exec_module(module)
    return module


def _folder() -> Path:
    """The folder of compiled programs; Numba reads what is in it as code, so nobody else may write there."""
    folder = cache_folder() / "tinygrad_gru" / "jit"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.lstat()
        if hasattr(os, "getuid"):
            if stat.S_ISLNK(status.st_mode) or status.st_uid != os.getuid():
                raise FileError(f"{folder} is not a folder of yours. try: XDG_CACHE_HOME, or TINYGRAD_GRU_JIT=0")
            if stat.S_IMODE(status.st_mode) != 0o700:
                folder.chmod(0o700)
    except OSError as error:
        hint = "try: XDG_CACHE_HOME with a folder of yours, or TINYGRAD_GRU_JIT=0"
        raise FileError(f"cannot use {folder}: {error.strerror}. {hint}") from None
    return folder

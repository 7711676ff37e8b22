"""Loops compiled to machine code by Numba, where it is installed: pip install "tinygrad_gru[jit]".

The text is that of `native`. Numba's machine code is cached on disk, in a folder that only its owner may enter, under
the hash of the text, so that each program is compiled once on each machine.
"""

from __future__ import annotations

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

from ....core.support.arguments import flag
from ....errors import FileError, MissingExtraError
from ...environment import cache_folder, jit_by_default
from ...plan import Phases
from ..build import backward, forward
from ..numpy_program import IMPORTS
from .announce import announce
from .around import backward_around, forward_around
from .loop import Loop
from .loops import backward_loop, forward_loop
from .prelude import head, prelude

__all__ = ["functions", "imported", "insisted_on", "jit", "loops_of", "native_by_default", "uses_numba"]

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
    return all(name in sys.modules or importlib.util.find_spec(name) for name in ("numba",))


def uses_numba() -> bool:
    """Whether loops are to be compiled to machine code."""
    choices = _choices.get()
    return choices[-1] if choices else jit_by_default() and _installed()


def native_by_default() -> bool:
    """Whether Numba would be used, and neither `jit` nor TINYGRAD_GRU_JIT=1 asks for it."""
    return not _choices.get() and os.environ.get("TINYGRAD_GRU_JIT", "").strip() != "1" and uses_numba()


def insisted_on() -> bool:
    """Whether `jit(True)` asks for machine code: then the NumPy program is no fallback."""
    choices = _choices.get()
    return bool(choices) and choices[-1]


def loops_of(p: Phases, dtype: Any) -> tuple[str, str, str]:
    """The texts of the two loops that Numba compiles, and of the functions around them, which NumPy runs."""
    names = p.program.names()
    there, back = forward(p, names), backward(p, names, chunks=False)
    loops = forward_loop(there), backward_loop(back)
    around = [forward_around(there, loops[0]), backward_around(back, loops[1])]
    texts = [_decorated(loop, np.dtype(dtype).name) for loop in loops]
    return texts[0], texts[1], "\n\n\n".join("\n".join(lines) for lines in around) + "\n"


def _decorated(loop: Loop, dtype: str) -> str:
    """The text of a loop with its types: `real3` is an array of three axes without holes, `const` one only read."""
    kinds = {"real": dtype, "bool": "boolean", "double": "float64"}
    types = ["int64", "int64", "int64", "int64", "boolean", "boolean", "boolean[:, ::1]"]
    for kind, _ in loop.arguments.values():
        name, axes = (kind, 0) if kind == "int64" else (kind[:-1], int(kind[-1]))
        if name.startswith("const "):
            types.append(f"Array({kinds[name[6:]]}, {axes}, 'C', readonly=True)")
        elif axes:
            types.append(f"{kinds[name]}[{', '.join([':'] * (axes - 1) + ['::1'])}]")
        else:
            types.append(kinds.get(name, name))
    return f'@njit("void({", ".join(types)})", **options)\n' + "\n".join(loop.text())


def functions(p: Phases, dtype: Any, kind: str = "a cell") -> dict[str, Any]:
    """`forward` and `backward`, as those of the NumPy program, with their loops in machine code."""
    there, back, around = loops_of(p, dtype)
    name = np.dtype(dtype).name
    module = _module_of(there, back, name, kind)
    space: dict[str, Any] = {"np": np, "forward_loop": module.forward_loop, "backward_loop": module.backward_loop}
    exec(compile(f"{IMPORTS}\n{around}", "<around the compiled loops>", "exec"), space)  # text of ours, see code/
    return space


def _module_of(there: str, back: str, dtype: str, kind: str) -> ModuleType:
    """The module of two loops, and of what they share with those of all cells."""
    shared = prelude(dtype)
    texts = ["\n\n".join([head(_name(shared), dtype), f"{there}\n", f"{back}\n"]), shared]
    if not any(_folder().glob(f"__pycache__/{_name(texts[0])}*.nbc")):
        announce(kind)
    try:
        return [imported(text) for text in reversed(texts)][1]
    except Exception:  # a torn cache, or one of another Numba: compile again, and a second failure is ours
        for text in texts:
            sys.modules.pop(_name(text), None)
            for cached in _folder().glob(f"__pycache__/{_name(text)}*"):
                cached.unlink(missing_ok=True)
        return [imported(text) for text in reversed(texts)][1]


def _name(text: str) -> str:
    return f"tinygrad_gru_{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def imported(text: str) -> ModuleType:
    """The module with this text, from the folder of those that were compiled before."""
    name = _name(text)
    if name in sys.modules:
        return sys.modules[name]
    path = _folder() / f"{name}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)  # Numba looks for it there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
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

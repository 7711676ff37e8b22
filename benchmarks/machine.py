"""Where a measurement was made: the processor, what it can do, and the BLAS that does the products."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "scipy", "numba", "torch", "jax")
FEATURES = ("AVX2", "FMA3", "AVX512F", "AVX512BF16", "AVX512FP16", "ASIMD", "SVE")  # as NumPy names them
# Those that choose instructions or a kernel: they are passed on to each process, and belong to the result.
CHOOSING = (
    "OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES",
    "MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR", "ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "XLA_FLAGS",
)  # fmt: skip


def cpu() -> str:
    """The processor's name, where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def features() -> list[str]:
    """The instructions that matter here and that the processor has, and NumPy may use."""
    from numpy._core._multiarray_umath import __cpu_features__ as known

    return [name for name in FEATURES if known.get(name)]


def blas() -> dict[str, str]:
    """By the package that brings it: library, version, and the kernel that it chose for this processor."""
    import numpy as np

    built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    libraries = {"NumPy": f"{built['name']} {built['version']}"}
    if find_spec("threadpoolctl"):
        libraries |= _loaded()
    if find_spec("torch"):
        import torch

        mkl = re.search(r"Math Kernel Library Version ([\d.]+)", torch.__config__.show())
        libraries["torch"] = f"{f'MKL {mkl[1]}' if mkl else 'BLAS'} {torch.backends.cpu.get_cpu_capability()}"
    return libraries


def _loaded() -> dict[str, str]:
    """What threadpoolctl sees of NumPy's and SciPy's libraries."""
    from threadpoolctl import threadpool_info

    if find_spec("scipy"):
        import scipy.linalg.blas  # noqa: F401  # loads its library
    libraries = {}
    for library in threadpool_info():
        if library["user_api"] == "blas":
            folders = {part.removesuffix(".libs") for part in Path(library["filepath"]).parts}
            package = next((name for name in ("NumPy", "SciPy") if name.lower() in folders), "shared")
            kernel = library.get("architecture", "")
            libraries[package] = f"{library['internal_api']} {library['version']} {kernel}".strip()
    return libraries


def facts() -> dict[str, Any]:
    """All of it, as results.json keeps it."""
    return {
        "machine": f"{cpu()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "features": features(),
        "blas": blas(),
        "environment": {name: os.environ[name] for name in CHOOSING if name in os.environ},
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES if find_spec(p)},
    }


def lines(facts: dict[str, Any]) -> list[str]:
    """The facts for a reader."""
    return [
        f"CPU: {facts['machine']}; {', '.join(facts['features'])}",
        "BLAS: " + "; ".join(f"{package} {library}" for package, library in facts["blas"].items()),
        "versions: " + ", ".join(f"{package} {number}" for package, number in facts["versions"].items()),
        *[f"set: {name}={value}" for name, value in facts["environment"].items()],
    ]

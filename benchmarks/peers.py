"""Beside other small autodiff packages: how long a chain each can walk back, and what else was tried with it.

Each program runs in a process of its own, with the packages that are there: `pip install micrograd autograd mygrad`.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LENGTHS = (100, 1_000, 10_000, 100_000, 1_000_000)
SECONDS = 120

# For each package: what makes x, what walks a chain of products y back to its gradient g, and the second derivative
# of x³ at 3.
PROGRAMS = {
    "tinygrad_gru": (
        "import tinygrad_gru as tg; x = tg.Tensor(3.0, requires_grad=True)",
        "y.backward(); g = float(x.grad)",
        "d = tg.grad(x**3, x, create_graph=True); d2 = float(tg.grad(d, x))",
    ),
    "torch": (
        "import torch; x = torch.tensor(3.0, requires_grad=True)",
        "y.backward(); g = float(x.grad)",
        "(d,) = torch.autograd.grad(x**3, x, create_graph=True); d2 = float(torch.autograd.grad(d, x)[0])",
    ),
    "autograd": (
        "from autograd import grad; x = 3.0\ndef f(x):\n    y = x\n    for i in range(LENGTH):\n"
        "        y = y * (0.5 if i % 2 else 2.0)\n    return y",
        "g = grad(f)(x)",
        "d2 = grad(grad(lambda x: x**3))(x)",
    ),
    "mygrad": (
        "import mygrad; x = mygrad.tensor(3.0)",
        "y.backward(); g = float(x.grad)",
        "d = mygrad.tensor(x**3); d.backward(); d2 = x.grad.backward() or x.grad",
    ),
    "micrograd": (
        "from micrograd.engine import Value; x = Value(3.0)",
        "y.backward(); g = float(x.grad)",
        "d = x**3; d.backward(); d2 = x.grad.backward() or x.grad",
    ),
}
CHAIN = "y = x\nfor i in range(LENGTH):\n    y = y * (0.5 if i % 2 else 2.0)\n"  # exact: its slope is 1


def works(program: str) -> bool:
    """Whether a program runs to its end."""
    try:
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def longest_chain(package: str) -> int:
    """The longest of the chains whose gradient is right; 0 if none is."""
    start, gradient, _ = PROGRAMS[package]
    chain = "" if "def f" in start else CHAIN
    for length in reversed(LENGTHS):
        if works(f"LENGTH = {length}\n{start}\n{chain}{gradient}\nassert g == 1.0"):
            return length
    return 0


def has_second_derivatives(package: str) -> bool:
    """Whether d²(x³)/dx² at 3 comes out as 18."""
    start, _, second = PROGRAMS[package]
    return works(f"LENGTH = 1\n{start}\n{second}\nassert abs(float(d2) - 18) < 1e-4")


def lines(package: str) -> int | None:
    """The lines of its Python files, without tests; None of a package that is mostly of another language."""
    if package == "torch":
        return None
    origin = importlib.util.find_spec(package)
    assert origin is not None and origin.origin is not None
    files = [f for f in Path(origin.origin).parent.rglob("*.py") if "test" not in f.as_posix().rpartition(package)[2]]
    return sum(len(f.read_text(encoding="utf-8", errors="replace").splitlines()) for f in files)


def main() -> list[dict[str, Any]]:
    """A row for each package that is installed."""
    rows = []
    for package in PROGRAMS:
        try:
            number = "this one" if package == "tinygrad_gru" else version(package)
        except PackageNotFoundError:
            continue
        rows.append(
            {
                "package": package,
                "version": number,
                "lines of Python": lines(package),
                "longest chain differentiated": longest_chain(package),
                "second derivative": "yes" if has_second_derivatives(package) else "no",
            }
        )
    return rows

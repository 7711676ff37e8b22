"""What every test shares: how much of the random testing is done, and that it can be repeated.

A seeded tenth of it unless TINYGRAD_GRU_SOAK=1, which is what `make soak` sets.
"""

import os
from collections.abc import Callable

os.environ.setdefault("TINYGRAD_GRU_JIT", "0")  # also where Numba is installed: tests that want it say jit(True)

import pytest
from hypothesis import HealthCheck, settings

SOAK = os.environ.get("TINYGRAD_GRU_SOAK") == "1"

# A slow machine is not a failure: no deadlines, no complaint about slow generation.
settings.register_profile(
    "tenth", derandomize=True, max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# The whole looks elsewhere each time, and prints what reproduces a failure.
settings.register_profile("soak", settings.get_profile("tenth"), derandomize=False, max_examples=200, print_blob=True)
settings.load_profile("soak" if SOAK else "tenth")


def soak_size(n: int) -> int:
    """How many of n random cases to run: all of them, or a tenth and at least one."""
    return n if SOAK else max(1, n // 10)


@pytest.fixture(name="soak_size", scope="session")
def fixture_soak_size() -> Callable[[int], int]:
    """The same, for a test to ask for: `for seed in range(soak_size(3000)): ...`."""
    return soak_size

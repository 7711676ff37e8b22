"""What every test shares: how much of the random testing is done, and that it can be repeated.

TINYGRAD_GRU_SOAK is the fraction of the whole: a seeded tenth unless it says otherwise, all of it with `make soak`.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

SOAK = float(os.environ.get("TINYGRAD_GRU_SOAK", "0.1"))
WHOLE = 300  # examples of each property in `make soak`

# A slow machine is not a failure: no deadlines, no complaint about slow generation.
settings.register_profile(
    "ci", derandomize=True, max_examples=WHOLE // 10, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# The whole looks elsewhere each time, and prints what reproduces a failure.
settings.register_profile("soak", settings.get_profile("ci"), derandomize=False, max_examples=WHOLE, print_blob=True)
settings.load_profile("soak" if SOAK >= 1 else "ci")


@pytest.fixture(scope="session")
def soak_fraction() -> float:
    """The share of a randomised test to run: `for seed in range(round(3000 * soak_fraction)): ...`."""
    return SOAK

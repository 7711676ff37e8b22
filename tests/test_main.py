"""The installed command: what it sets before anything is loaded."""

import os
import subprocess
import sys

import pytest

SHOWN = """
import sys
from tinygrad_gru.__main__ import start
assert "numpy" not in sys.modules  # it reads the variable when it is loaded
sys.argv = ["tinygrad-gru", "--version"]
start()
import os
print(os.environ["OPENBLAS_THREAD_TIMEOUT"])
"""


@pytest.mark.parametrize(("before", "after"), [(None, "20"), ("26", "26")])
def test_threads_of_numpy_s_products_sleep_soon_unless_one_says_otherwise(before, after):
    variables = {name: value for name, value in os.environ.items() if name != "OPENBLAS_THREAD_TIMEOUT"}
    variables |= {"OPENBLAS_THREAD_TIMEOUT": before} if before else {}

    printed = subprocess.run([sys.executable, "-c", SHOWN], env=variables, capture_output=True, text=True, check=True)
    assert printed.stdout.split()[-1] == after

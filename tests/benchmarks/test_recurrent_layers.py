"""The harness of the recurrent layers: rows from rounds, one table, processes, and what is left when it is stopped."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import pytest
from rich.console import Console

from benchmarks import recurrent_layers
from benchmarks.page import RESULTS
from benchmarks.processes import ROOT

QUICK = [
    sys.executable,
    "-m",
    "benchmarks",
    "--quick",
    "--layers",
    "GRU, reset after",
    "--without",
    "jit",
    "torch",
    "JAX",
]


def case(**seconds):
    return {"layer": "GRU, reset after", "row": 1, "training": True, "threads": 1, "seconds": seconds}


def test_a_row_holds_the_ratios_of_the_rounds_and_the_faster_blas_is_the_floor():
    row = recurrent_layers.row_of(
        case(
            NumPy=[0.004, 0.006], jit=[0.002, 0.003], torch=[0.008, 0.012], JAX=[0.004, 0.006],
            **{"by hand": [0.004, 0.006], "floor, NumPy": [0.002, 0.003], "floor, torch": [0.001, 0.0015]},
        )
    )  # fmt: skip

    assert row["batch, steps, input, hidden"] == (32, 50, 32, 64)
    assert row["torch ms"] == pytest.approx(10.0)
    ratios = [row[name] for name in recurrent_layers.RATIOS]
    assert ratios == pytest.approx([0.5, 0.25, 0.5, 1.0, 4.0, 2.0])
    assert row["at most"] == {"NumPy / by hand": 0.95, "jit / torch": 0.30, "jit / JAX": 0.60}


def test_who_is_not_there_leaves_an_empty_column():
    row = recurrent_layers.row_of(case(NumPy=[0.004], **{"floor, NumPy": [0.002]}))

    assert row["NumPy / floor"] == pytest.approx(2.0)
    assert [row[name] for name in ("torch ms", "NumPy / torch", "jit / JAX", "NumPy / by hand")] == [None] * 4


def test_the_table_stars_what_misses_its_limit():
    row = recurrent_layers.row_of(
        case(NumPy=[2.0], jit=[0.2], torch=[1.0], **{"by hand": [1.0], "floor, NumPy": [0.1]})
    )
    console = Console(width=100)
    with console.capture() as capture:
        console.print(recurrent_layers.table({"recurrent_layers": {"rows": [row]}}))

    (line,) = [line for line in capture.get().splitlines() if "32 50 32 64" in line]
    assert line.split()[-6:] == ["1000", "2.00", "0.200", "2.00*", "20.0", "2.00"]  # 0.95 by hand, and 0.30 of torch


def test_every_shown_number_has_three_digits_or_more():
    assert [recurrent_layers.cell(v).strip() for v in (0.0123, 0.5, 1.25, 12.34, 123.4, 1234.5)] == [
        "0.012", "0.500", "1.25", "12.3", "123", "1234",
    ]  # fmt: skip
    assert recurrent_layers.cell(None) == ""


def test_the_quick_way_runs_both_numbers_of_threads_and_writes_nothing():
    before = hashlib.sha256(RESULTS.read_bytes()).hexdigest()
    done = subprocess.run(QUICK, cwd=ROOT, capture_output=True, text=True, check=True)

    for part in (
        "CPU: ",
        "BLAS: NumPy ",
        "1 thread",
        "2 threads",
        "training",
        "inference",
        "results.json is as it was",
    ):
        assert part in done.stdout
    assert sum("32 50 32 64" in line for line in done.stdout.splitlines()) == 4
    assert "8/8  GRU, reset after, (32, 50, 32, 64), inference, 2 threads" in done.stderr
    assert hashlib.sha256(RESULTS.read_bytes()).hexdigest() == before


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C as a terminal sends it, to all processes of a group")
def test_ctrl_c_shows_what_there_is_and_leaves_the_results_as_they_were():
    before = RESULTS.read_bytes()
    with subprocess.Popen(
        [*QUICK, "--rounds", "100000"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        while not process.stderr.readline().startswith("1/8"):
            assert process.poll() is None
        time.sleep(0.2)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "stopped: what was not finished is in results.json as it was" in out
    assert "Traceback" not in out + err
    assert RESULTS.read_bytes() == before

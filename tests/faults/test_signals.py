"""Faults 41 to 44: whatever stops a run, and however often, its step is finished and saved."""

import signal
import sys
import time

import pytest

from tests.cli.command import start
from tests.faults.session import SIZES, good_run, process, still_good
from tinygrad_gru.cli import main, streams
from tinygrad_gru.training import load_checkpoint

LONG = ["train", "adding", *SIZES, "--updates", "1000000", "--every", "20", "--quiet"]

STOPS = [
    (41, [signal.SIGINT], 130),
    (42, [signal.SIGINT, signal.SIGINT], 130),
    (43, [signal.SIGTERM], 143),
    (44, [signal.SIGHUP], 129),
]

# Ctrl-C at the very moment when a module is about to be loaded.
AT_IMPORT = """
import os, signal, sys
class Interrupted:
    def find_spec(self, name, path, target=None):
        if name == wanted:
            os.kill(os.getpid(), signal.SIGINT)
signal.signal(signal.SIGINT, signal.default_int_handler)
wanted = sys.argv.pop(1)
sys.meta_path.insert(0, Interrupted())
from tinygrad_gru.__main__ import start
sys.exit(start())
"""

# Ctrl-C, as often as is said, at the moment when a checkpoint is on its way to the disk.
IN_SAVE = """
import glob, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
times, real = int(sys.argv.pop(1)), os.fsync
def interrupted(descriptor):
    global times
    while times and glob.glob("run/.last.npz.*.tmp"):
        times -= 1
        os.kill(os.getpid(), signal.SIGINT)
    real(descriptor)
os.fsync = interrupted
from tinygrad_gru.__main__ import start
sys.exit(start())
"""


@pytest.mark.parametrize(
    ("number", "signals", "code"), STOPS, ids=[" ".join(s.name for s in signals) for _, signals, _ in STOPS]
)
def test_a_signal_saves_and_is_the_exit_code(number, signals, code, tmp_path):
    process = start(*LONG, "--out", "run", cwd=tmp_path)
    try:
        deadline = time.monotonic() + 30
        while not (tmp_path / "run/last.npz").exists():
            assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
            time.sleep(0.02)
        for each in signals:
            process.send_signal(each)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out, err) == (code, "run\n", "")
    still_good(tmp_path / "run")
    told = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    assert load_checkpoint(tmp_path / "run/last.npz").update >= 10 * len(told) // 2


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_in_a_save_waits_for_its_end(times, tmp_path):
    done = process(sys.executable, "-c", IN_SAVE, times, *LONG, "--out", "run", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "run\n", "")
    assert load_checkpoint(tmp_path / "run/last.npz").update == 20
    still_good(tmp_path / "run")


def test_who_presses_ctrl_c_three_times_gets_out_and_keeps_what_was_saved(tmp_path):
    done = process(sys.executable, "-c", IN_SAVE, 3, *LONG, "--out", "run", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "run").glob(".*")) and not list((tmp_path / "run").glob("*.npz"))


@pytest.mark.parametrize("module", ["typer", "tinygrad_gru.training.loop"])
def test_ctrl_c_at_the_start_is_no_traceback(module, tmp_path):
    done = process(sys.executable, "-c", AT_IMPORT, module, *LONG, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words", [["check", "tanh", "--json"], ["tasks"], ["graph", "-o", "-"], ["explain"], ["program"]]
)
def test_ctrl_c_in_any_other_command_is_exit_code_130(words, monkeypatch, capsys):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(streams, "write", interrupted)
    assert main(words) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_ctrl_c_while_a_run_is_measured_is_exit_code_130(tmp_path):
    good_run(tmp_path / "run")
    done = process(sys.executable, "-c", AT_IMPORT, "tinygrad_gru.cli.commands.export", "eval", "run", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr
    still_good(tmp_path / "run")


# SIGTERM at the moment when a file is half written: its temporary file is there.
IN_WRITE = """
import os, signal, sys
number, real = int(sys.argv.pop(1)), os.fsync
def interrupted(descriptor):
    os.kill(os.getpid(), number)
    real(descriptor)
os.fsync = interrupted
from tinygrad_gru.__main__ import start
sys.exit(start())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize(
    "words",
    ["inspect run -o new.html", "export run -o new.onnx --quiet", "play --length 1 -o new.html", "init -o new.toml"],
)
def test_a_signal_in_the_middle_of_a_file_leaves_nothing_of_it(words, number, tmp_path):
    good_run(tmp_path / "run")
    before = sorted(tmp_path.rglob("*"))
    done = process(sys.executable, "-c", IN_WRITE, int(number), *words.split(), cwd=tmp_path)
    assert done.returncode == 128 + number and "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before

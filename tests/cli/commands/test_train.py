"""`train` and `sample` from outside: what is told, what is written, and what survives Ctrl-C."""

import json
import signal
import subprocess
import time

import pytest

from tests.cli.command import COMMAND, complaint, environment, run, start
from tinygrad_gru.training import load_checkpoint

TEXT = "she sells sea shells by the sea shore. " * 40
QUICK = ["--length", "6", "--hidden", "8", "--updates", "20", "--batch", "4"]


@pytest.fixture(scope="module")
def text_run(tmp_path_factory):
    """A folder with one run on a small text."""
    folder = tmp_path_factory.mktemp("text")
    (folder / "sea.txt").write_text(TEXT)
    settings = ["--length", "12", "--hidden", "24", "--updates", "250", "--batch", "8"]
    done = run("train", "chars", "--file", "sea.txt", *settings, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_the_run_is_data_and_the_rest_is_talk(tmp_path):
    done = run("train", "adding", *QUICK, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "runs/adding-0001\n")
    banner, teaches, baselines, where, *steps, summary, report = done.stderr.splitlines()
    assert "GRU, hidden 8, 273 parameters · seed 0" in banner  # 3 · ((8 + 2) · 8 + 8) and 8 + 1
    assert teaches.startswith("it shows that gates carry what matters")
    assert baselines == "baselines: 0.1667 (always answering 1) · goal: test MSE below 0.001"
    assert where.startswith("run: runs/adding-0001 · repeat it: tinygrad-gru train adding --cell gru --hidden 8")
    assert len(steps) == 10 and all(line.startswith("step ") for line in steps)
    assert summary.startswith("test MSE 0.") and "goal not reached" in summary
    assert report == "report: runs/adding-0001/report.html"


def test_the_command_that_repeats_a_run_gives_the_same_bits(tmp_path):
    run("train", "adding", *QUICK, "--seed", "5", "--quiet", cwd=tmp_path)
    facts = json.loads((tmp_path / "runs/adding-0001/run.json").read_text())
    done = run(*facts["command"].split()[1:], "--quiet", cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("runs/adding-0002\n", "")
    first, second = [tmp_path / "runs" / name / "best.npz" for name in ("adding-0001", "adding-0002")]
    assert first.read_bytes() == second.read_bytes()


def test_a_run_holds_all_there_is_to_know(tmp_path):
    run("train", "adding", *QUICK, "--out", "here", "--quiet", cwd=tmp_path)
    names = sorted(path.name for path in (tmp_path / "here").iterdir())
    assert names == ["best.npz", "config.toml", "last.npz", "metrics.jsonl", "report.html", "run.json"]
    facts = json.loads((tmp_path / "here/run.json").read_text())
    assert facts["baselines"] == {"always answering 1": pytest.approx(1 / 6)}
    assert facts["parameters"] == load_checkpoint(tmp_path / "here/best.npz").model.num_parameters


def test_a_network_beats_the_counts_on_a_text_that_repeats(text_run):
    _, result = text_run
    assert result["best"] < result["baselines"]["order-2 counts"] < result["baselines"]["order-0 counts"]
    assert result["reached"] and result["stopped"] is None


def test_a_sample_looks_like_the_text(text_run):
    folder, result = text_run
    options = ["--prompt", "she s", "--length", "60", "--temperature", "0"]
    done = run("sample", "last", *options, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout) == len("she s") + 60 + len("\n")
    assert done.stdout.startswith("she sells sea shells")
    by_path = run(
        "sample", result["run"] + "/best.npz", "--prompt", "she s", "--length", "60", "--temperature", "0", cwd=folder
    )
    assert by_path.stdout == done.stdout


def test_the_seed_of_a_sample_repeats_it(text_run):
    folder, _ = text_run
    samples = [run("sample", "1", "--length", "40", "--seed", seed, cwd=folder).stdout for seed in (1, 1, 2)]
    assert samples[0] == samples[1] != samples[2]


def test_a_reader_that_has_had_enough_is_no_error(text_run):
    sampling = " ".join([*COMMAND, "sample", "last", "--length", "9000"])
    done = subprocess.run(
        ["bash", "-c", f"{sampling} | head -c 9; echo ${{PIPESTATUS[0]}}"],
        cwd=text_run[0],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.stdout[9:], done.stderr) == ("141\n", "")


@pytest.mark.parametrize(
    ("options", "want"),
    [
        (["--prompt", "she %"], "error: prompt: '%' was never seen in training. try: the characters "),
        (["--temperature", "nan"], "error: temperature: got nan, wanted a number of at least 0."),
        (["--temperature", "inf"], "error: temperature: got inf, wanted a number of at least 0."),
        (["--temperature=-1"], "error: temperature: got -1.0, wanted a number of at least 0."),
        (["--length=-1"], "error: length: got -1, wanted a whole number from 0 to 1000000."),
    ],
)
def test_a_sample_that_cannot_be_written_is_told(options, want, text_run):
    assert complaint(run("sample", "last", *options, cwd=text_run[0]), code=2).startswith(want)


def test_of_a_run_without_text_examples_are_shown(tmp_path):
    run("train", "adding", *QUICK, "--quiet", cwd=tmp_path)
    done = run("sample", "last", "--count", "3", cwd=tmp_path)
    head, *rows = done.stdout.splitlines()
    assert (head.split(), len(rows), done.stderr) == (["input", "true", "predicted"], 3, "")
    line = complaint(run("sample", "last", "--prompt", "x", cwd=tmp_path), code=2)
    assert line.startswith("error: prompt: last is a run of adding, which writes no text. try: tinygrad-gru predict")


def test_a_run_that_diverges_is_exit_code_1(tmp_path):
    done = run("train", "adding", *QUICK, "--lr", "1e30", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: the run diverged at update ") and "try: --lr 0.015" in last
    assert "Traceback" not in done.stderr and "Warning" not in done.stderr


def until(condition):
    """Wait for it, half a minute at most."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("presses", "code"),
    [([signal.SIGINT], 130), ([signal.SIGINT, signal.SIGINT], 130), ([signal.SIGTERM], 143)],
    ids=["Ctrl-C", "Ctrl-C twice", "SIGTERM"],
)
def test_a_signal_saves_and_stops(presses, code, tmp_path):
    process = start("train", "adding", "--length", "6", "--hidden", "8", "--updates", "1000000", cwd=tmp_path)
    try:
        until((tmp_path / "runs/adding-0001/best.npz").exists)
        for number in presses:
            process.send_signal(number)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out) == (code, "runs/adding-0001\n"), err
    name = "SIGTERM" if code == 143 else "Ctrl-C"
    assert err.splitlines()[-1].startswith(f"stopped by {name} after ")
    assert "Traceback" not in err
    kept = load_checkpoint(tmp_path / "runs/adding-0001/last.npz")
    assert f"after {kept.update} of 1000000 updates" in err
    assert not list((tmp_path / "runs/adding-0001").glob(".*"))  # no temporary file stays behind

"""`python -m tests.faults.deaths SCENARIO ACT FIRST STEP`: a run that dies at every point, and each time goes on.

Each time a child of this process does what the scenario says, and dies, or gets a signal, at one point of all (see
dying.py). Then it is looked at, gone on with until it is done, and compared with the run that nothing happened to:
weights, metrics, settings, report, and what `runs` says of it. Prints as JSON how many points there were, and what was
wrong.
"""

import contextlib
import csv
import functools
import gc
import io
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import typer
from matplotlib.figure import Figure

from tests.faults import dying
from tinygrad_gru.cli import main
from tinygrad_gru.training import load_checkpoint, save_checkpoint, subscribers
from tinygrad_gru.training.runs.log import MetricsFile

SIZES = ["--length", "5", "--hidden", "3", "--batch", "2", "--quiet"]
TEXT = "to be, or not to be, that is the question. " * 20
TRAIN = {
    "adding": ["adding", *SIZES, "--updates", "22", "--every", "6", "--no-report"],
    "reported": ["adding", *SIZES, "--updates", "2", "--every", "2"],
    "patience": [
        "adding",
        *SIZES,
        "--updates",
        "40",
        "--every",
        "3",
        "--lr",
        "1e-12",
        "--patience",
        "2",
        "--no-report",
    ],
    "chars": ["chars", *SIZES, "--updates", "7", "--every", "3", "--cell", "lstm", "--file", "text.txt", "--no-report"],
    "diverging": ["adding", *SIZES, "--updates", "9", "--every", "1", "--lr", "1e30", "--cell", "rnn", "--no-report"],
}
COMPARE = ["--cells", "rnn,gru", "--seeds", "1", "--updates", "4", "--every", "2", "--jobs", "1", "--json"]
SWEEP = ["lr=log:1e-3:1e-1", "hidden=2,3", "batch=2", "length=5", "every=2", "updates=4"]
SWEEP = [*(word for each in SWEEP for word in ("--param", each)), "--trials", "2", "--seed", "3", "--jobs", "1"]


typer.main.get_command = functools.cache(typer.main.get_command)  # built once, not for every command


def save_the_first_plot_again(figure, file, plots=[], draw=Figure.savefig, **options):  # noqa: B006
    """The curves of a comparison, drawn once: that takes longer than all the rest, and nothing compares them."""
    if not plots:
        draw(figure, plot := io.BytesIO(), **options)
        plots.append(plot.getvalue())
    file.write(plots[0])


Figure.savefig = save_the_first_plot_again


class Wrong(Exception):
    """Something is not as it must be."""


def need(condition, what):
    if not condition:
        raise Wrong(what)


def call(*words):
    """A command in this process: exit code, stdout, stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(word) for word in words])
    return code, out.getvalue(), err.getvalue()


def told(*words):
    """What a command prints as JSON."""
    code, out, err = call(*words, "--json")
    need((code, err) == (0, ""), f"{' '.join(map(str, words))}: exit code {code}, {err!r}")
    return json.loads(out)


def without_times(row):
    return {name: value for name, value in row.items() if not name.startswith("se") and name != "folder"}


def files_of(run):
    """All that must come out the same, by its name."""
    same = {}
    for path in sorted(run.iterdir()):
        if path.suffix == ".jsonl":
            same[path.name] = [without_times(json.loads(line)) for line in path.read_text().splitlines()]
        elif path.suffix == ".html":
            same[path.name] = re.sub(r"updates in \d+ s", "", path.read_text(encoding="utf-8"))
        else:
            same[path.name] = path.read_bytes()
    return same


class OneRun:
    """`train`, then `resume`."""

    def __init__(self, name):
        self.words = TRAIN[name]
        self.report = [] if "--no-report" not in self.words else ["--no-report"]
        self.code = 1 if name == "diverging" else 0

    def start(self):
        return main(["train", *self.words, "--out", "runs/run"])

    def look(self):
        """Whatever happened: no error, and nothing wrong is said."""
        run = Path("runs/run")
        rows = told("runs")
        need(bool(rows) == (run / "config.toml").exists(), "runs misses it")
        if not rows:
            return
        (row,) = rows
        need(told("show", run)["state"] == row["state"], "show and runs differ")
        last = load_checkpoint(run / "last.npz") if (run / "last.npz").exists() else None
        best = run / "best.npz"
        need(last is not None or not best.exists(), "best.npz without last.npz")
        if row["state"] != "diverged":
            need(row["updates"] == last.update if last else row["state"] == "stopped", f"runs says {row}")
        if row["state"] == "finished":
            need(last is not None and best.exists() and row["best"] == last.training.best, f"runs says {row}")
        if last is not None and last.training.best_update:
            need(row["best"] == last.training.best, f"runs says {row}, last.npz {last.training.best}")
            need(told("eval", run)["value"] == row["best"], "eval and runs differ")

    def go_on(self):
        """Until it is done; a second time there is nothing to do."""
        if not Path("runs/run/config.toml").exists():
            code, _, err = call("train", *self.words, "--out", "runs/run")
        else:
            code, _, err = call("resume", "runs/run", "--quiet", *self.report)
            if code == 2:
                need("is at its end" in err, err)
                code = 0
        need(code == self.code, f"going on: exit code {code}, {err!r}")
        if self.code == 0:
            code, _, err = call("resume", "runs/run", "--quiet", *self.report)
            need(code == 2 and "is at its end" in err, f"resume once more: exit code {code}, {err!r}")

    def signalled(self, number, code, err):
        """After a signal: the exit code tells whether there is something to go on with."""
        need("Traceback" not in err, err)
        begun = Path("runs/run/config.toml").exists()
        if code == self.code:
            again, _, _ = call("resume", "runs/run", "--quiet", *self.report)
            need(again == (2 if code == 0 else 1), f"exit code {code}, and resume goes on")
        else:
            need(code in (128 + number, -number), f"exit code {code}, {err!r}")
            if begun and code > 0:
                again, _, err = call("resume", "runs/run", "--quiet", *self.report)
                need(again == self.code, f"exit code {code}, and resume: {again}, {err!r}")

    def result(self):
        return files_of(Path("runs/run")) | {"runs": [without_times(row) for row in told("runs")]}


class Several:
    """`compare` or `sweep`, and the same once more."""

    code = 0

    def __init__(self, name):
        self.words = ["compare", "adding", *SIZES, *COMPARE] if name == "compare" else ["sweep", "adding", *SWEEP]
        self.words += ["--quiet", "--out", "many"]

    def start(self):
        return main(self.words)

    def look(self):
        if Path("many").exists():
            for run in Path("many").glob("*/config.toml"):
                told("show", run.parent)

    def go_on(self):
        code, _, err = call(*self.words)
        need((code, err) == (0, ""), f"going on: exit code {code}, {err!r}")

    def signalled(self, number, code, err):
        need("Traceback" not in err, err)
        need(code in (0, 128 + number, -number), f"exit code {code}, {err!r}")

    def result(self):
        output = told(*self.words[:-3], "--quiet", "--out", "many") if "--json" not in self.words else None
        if output is None:
            output = json.loads(call(*self.words)[1])
        for name in ("rows", "trials"):
            output[name] = [without_times(row) for row in output.get(name, [])]
        output.pop("best", None)
        output.pop("folder", None)
        found = {"output": output, "names": sorted(str(p) for p in Path("many").rglob("*"))}
        for run in sorted(Path("many").glob("*/")):
            found[run.name] = files_of(run)
        table = Path("many/compare.csv")
        if table.exists():
            with table.open(newline="") as file:
                found["csv"] = [without_times(row) for row in csv.DictReader(file)]
        return found


def child(scenario, at, act):
    """The exit code of a process that does it, negative if it died of a signal, and its stderr."""
    pid = os.fork()
    if pid == 0:
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            with Path("err").open("w") as err:
                os.dup2(err.fileno(), 2)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            dying.arm(at, act)
            code = scenario.start()
        except BaseException as error:
            code = error.code if isinstance(error, SystemExit) else 99
            print(f"Traceback: {error!r}", file=sys.stderr)
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), Path("err").read_text()


def differences(got, wanted):
    return [name for name in got.keys() | wanted.keys() if got.get(name) != wanted.get(name)]


def die_everywhere(name, act, first=1, step=1):
    """All points, or every `step`-th one; how many there were, and what was wrong."""
    scenario = (Several if name in ("compare", "sweep") else OneRun)(name)
    wrong, points = [], 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("text.txt").write_text(TEXT)
        os.environ["STASH"] = folder
        need(call_quietly(scenario.start) == scenario.code, "it does not even run")
        wanted = scenario.result()
        gc.freeze()  # else collecting garbage copies the pages that forks share
        for at in range(first, sys.maxsize, step):
            for left in ("runs", "many"):
                shutil.rmtree(left, ignore_errors=True)
            Path(dying.ACTED).unlink(missing_ok=True)
            code, err = child(scenario, at, act)
            if not Path(dying.ACTED).exists():
                need(code == scenario.code, f"beyond the last point: exit code {code}, {err}")
                break
            points += 1
            is_signal = isinstance(act, int)
            try:
                need(is_signal or code == -signal.SIGKILL, f"exit code {code}, {err}")
                scenario.look()
                if is_signal:
                    scenario.signalled(act, code, err)
                scenario.go_on()
                if different := differences(scenario.result(), wanted):
                    raise Wrong(f"other than never stopped: {', '.join(map(str, different))}")
            except Wrong as error:
                wrong.append(f"point {at}: {error}")
        os.chdir("/")
    return points, wrong


def call_quietly(start):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return start()


def late_lines():
    """The fault of old: the lines of metrics come after the checkpoints that cover them."""
    write, late = MetricsFile.write, []

    def hold(metrics, line):
        if "loss" in line:
            late.append((metrics, line))
        else:
            write(metrics, line)

    def save(path, checkpoint):
        save_checkpoint(path, checkpoint)
        if path.name == "best.npz" or checkpoint.training.best_update != checkpoint.update:
            while late:
                write(*late.pop(0))

    MetricsFile.write, subscribers.save_checkpoint = hold, save


def unsynced_lines():
    """Lines that are written in time, and not brought onto the disk."""
    MetricsFile.sync = lambda metrics: None


FAULTS = {"late lines": late_lines, "unsynced lines": unsynced_lines}


if __name__ == "__main__":
    name, act, first, step, *faults = sys.argv[1:]
    for fault in faults:
        FAULTS[fault]()
    points, wrong = die_everywhere(name, int(act) if act.isdigit() else act, int(first), int(step))
    print(json.dumps({"points": points, "wrong": wrong}))

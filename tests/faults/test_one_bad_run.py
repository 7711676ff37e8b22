"""One bad run, file or name harms nobody else: others are listed, nothing hangs, no terminal is given orders."""

import io
import json
import os
import shutil

import pytest

from tests.faults.bad_files import members, told
from tests.faults.session import complaint, good_run
from tinygrad_gru.cli import main, streams
from tinygrad_gru.errors import CheckpointError
from tinygrad_gru.training import load_checkpoint, read_facts, read_metrics

NESTED = "[" * 100_000
LONG = "1" * 400
BAD = {
    "nested": {"run.json": NESTED, "metrics.jsonl": NESTED, "config.toml": "a = " + NESTED},
    "nested facts": {"run.json": '{"a": ' * 100_000, "metrics.jsonl": '{"a": ' * 100_000},
    "long numbers": {
        "run.json": f'{{"goal": {LONG}, "baselines": {{"a": {LONG}}}}}',
        "metrics.jsonl": f'{{"update": 1, "test": {LONG}, "seconds": {LONG}, "loss": {LONG}}}\n{{"update": {LONG}}}\n',
    },
    "wrong types": {
        "run.json": '{"goal": [], "baselines": [1], "metric": {"a": 1}, "versions": 3, "command": 7}',
        "metrics.jsonl": '{"update": 1, "test": "x", "seconds": [], "loss": {}}\n{"update": true}\n[]\n7\n',
    },
    "a list": {"run.json": "[1]", "metrics.jsonl": "[1]"},
    "no text": {"run.json": b"\xff\xfe", "metrics.jsonl": b"\xff\xfe\n", "config.toml": b"\xff"},
    "pipes": dict.fromkeys(["run.json", "metrics.jsonl", "config.toml", "report.html"]),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return good_run(tmp_path_factory.mktemp("good") / "run")


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_runs_lists_all_others_and_show_tells_what_it_can(bad, run, tmp_path, capsys):
    for name in ("good", "bad"):
        shutil.copytree(run, tmp_path / "runs" / name)
    for name, data in bad.items():
        path = tmp_path / "runs" / "bad" / name
        path.unlink(missing_ok=True)
        if data is None:
            os.mkfifo(path)
        else:
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
    for words in ([], ["--json"], ["--sort", "best"], ["--sort", "metric"]):
        assert main(["runs", "--folder", str(tmp_path / "runs"), *words]) == 0
        out, err = capsys.readouterr()
        assert "good" in out and "bad" in out and not err
    code = main(["show", str(tmp_path / "runs" / "bad")])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "") or (code in (1, 2) and len(err.splitlines()) == 1 and "try: " in err)


def test_of_a_long_file_of_metrics_all_measurements_are_read_and_some_of_the_rest(tmp_path, monkeypatch):
    lines = [{"update": u, "loss": 1.0} for u in range(1, 1000)]
    lines[499] |= {"test": 0.25}
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + "x" * 1000)
    assert read_metrics(tmp_path) == lines
    monkeypatch.setattr("tinygrad_gru.training.runs.log.WHOLE", 2000)
    read = read_metrics(tmp_path)
    assert lines[499] in read and read[0] == lines[0] and len(read) < 100


CONSISTENT = {
    "best": lambda meta: meta["training"].update(best=10**400),
    "carried": lambda meta: meta["training"].update(carried=[[True, 2, 4]]),
    "update": lambda meta: meta.update(update=10**400),
    "a negative update": lambda meta: meta.update(update=-1),
    "no update": lambda meta: meta.update(update=True),
    "lr": lambda meta: meta["config"].update(lr=10**400),
    "seed": lambda meta: meta["config"].update(seed=10**400),
    "hidden": lambda meta: meta["config"].update(hidden=10**400),
    "no vocabulary": lambda meta: meta["config"].update(task="chars"),
    "no columns": lambda meta: meta["config"].update(task="table", file="a.csv"),
    "facts": lambda meta: meta.update(facts=[]),
}


@pytest.mark.parametrize("change", CONSISTENT.values(), ids=CONSISTENT)
def test_a_checkpoint_that_is_consistent_and_wrong_is_one_line(change, run, tmp_path, capsys):
    good = (run / "last.npz").read_bytes()
    (tmp_path / "last.npz").write_bytes(told(change)(good))
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path / "last.npz")
    assert len(complaint(capsys, 1, "eval", tmp_path / "last.npz")) < 1000
    assert read_facts(tmp_path).best >= 0


def test_what_zipfile_says_is_cut(run, tmp_path, capsys):
    """The name in the directory is another than the one before the member, and 7000 letters long."""
    from tests.faults.bad_files import archive

    name = "n" * 7000
    data = archive({**members((run / "best.npz").read_bytes()), name + ".npy": b""}.items())
    at = data.index(name.encode())
    (tmp_path / "long.npz").write_bytes(data[:at] + b"m" + data[at + 1 :])
    assert len(complaint(capsys, 1, "import", tmp_path / "long.npz")) < 600


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self):
        return True


ORDERS = "a\x1b[2J\x07\x9b\x7f\u202eb"


def test_a_terminal_is_given_no_orders(monkeypatch):
    for write, name, line_end in ((streams.write, "stdout", "\n"), (streams.talk, "stderr", "\\n")):  # talk is a line
        monkeypatch.setattr(f"sys.{name}", stream := Terminal())
        write(ORDERS + "\tè\n日本")
        assert stream.getvalue() == f"a\\x1b[2J\\x07\\x9b\\x7f\\u202eb\tè{line_end}日本\n"


def test_a_pipe_gets_data_as_they_are(monkeypatch):
    monkeypatch.setattr("sys.stdout", stream := io.StringIO())
    streams.write(ORDERS)
    assert stream.getvalue() == ORDERS + "\n"


@pytest.mark.parametrize("words", [["eval", ORDERS], ["runs", ORDERS], ["train", "adding", f"--{ORDERS}"], [ORDERS]])
def test_an_argument_comes_back_as_something_one_sees(words, capsys):
    main(words)
    err = capsys.readouterr().err
    assert err.rstrip("\n").isprintable() and err.startswith("error: ")

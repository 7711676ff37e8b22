"""`tinygrad-gru sweep`: the table, the winner's command line, Ctrl-C, kills, and two commands at once."""

import json
import signal
import time

from tests.cli.command import complaint, run, start
from tinygrad_gru.cli import main
from tinygrad_gru.training import load_checkpoint

FIXED = ["--param", "batch=2", "--param", "length=5", "--param", "every=5", "--param", "updates=10"]
SMALL = ["--param", "lr=log:1e-3:1e-1", "--param", "hidden=4,8", *FIXED]
UPDATES = 500  # a fast machine must not be at their end before a signal arrives
LONG = ["--param", "lr=1e-4,1e-3", *FIXED[:-1], f"updates={UPDATES}", "--no-prune"]


def told(capsys, *words):
    assert main(["sweep", *map(str, words)]) == 0
    return capsys.readouterr()


def test_it_prints_the_best_trials_and_a_command_line_to_paste(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = told(capsys, "adding", *SMALL, "--trials", 3, "--jobs", 1)
    table, _, rest = printed.out.partition("\n\n")
    assert table.split("\n")[0].split() == "trial test MSE hidden lr state updates seconds".split()
    assert len(table.split("\n")) == 4
    sentence, command = rest.strip().split("\n")
    assert sentence.startswith("The best is trial ") and sentence.endswith(" Again:")
    lines = printed.err.strip().split("\n")
    assert lines[0] == "3 trials of adding in sweeps/adding-0001: hidden 4,8, lr log:0.001:0.1"
    assert [line.split(" ")[0] for line in lines[1:4]] == ["1/3", "2/3", "3/3"]
    assert lines[4] == "3 trials in sweeps/adding-0001: 3 finished"

    best = table.split("\n")[1].split()
    assert main([*command.split()[1:], "--quiet", "--json"]) == 0
    assert f"{json.loads(capsys.readouterr().out)['best']:.4g}" == best[1]

    # The folder tells the rest: what varies, and what is done already.
    printed = told(capsys, "adding", "--out", "sweeps/adding-0001", "--trials", 4, "--jobs", 1, "--json", "--quiet")
    found = json.loads(printed.out)
    assert printed.err == "" and found["counts"] == {"finished": 4} and found["stopped"] is None
    assert found["folder"] == "sweeps/adding-0001" and len(found["trials"]) == 4
    assert found["best"] == found["trials"][0] and found["command"].startswith("tinygrad-gru train adding ")
    assert found["varied"] == {"hidden": "4,8", "lr": "log:0.001:0.1"}


def test_what_is_wrong_is_one_line_and_leaves_no_folder(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words, message in (
        (["addin", *SMALL], "did you mean adding?"),
        (["adding"], "nothing varies, wanted a range or choices. try: --param lr=log:1e-4:1e-1"),
        (["adding", "--param", "hiden=4,8"], "unknown setting 'hiden'. did you mean hidden?"),
        (["adding", *SMALL, "--trials", "0"], "trials: got 0"),
        (["adding", *SMALL, "--backend", "dusk"], "did you mean dask?"),
        (["table", "--param", "hidden=4,8"], "file"),
    ):
        assert main(["sweep", *words]) in (1, 2)
        printed = capsys.readouterr()
        (line,) = printed.err.splitlines()
        assert line.startswith("error: ") and message in line and printed.out == ""
    assert not list(tmp_path.iterdir())


def test_stopped_and_killed_it_goes_on_and_counts_every_trial_once(tmp_path):
    first = start("sweep", "adding", *LONG, "--trials", 3, "--jobs", 2, "--out", "s", cwd=tmp_path)
    until_saved(tmp_path, 2)
    first.send_signal(signal.SIGINT)  # to the command alone: it tells its workers
    out, err = first.communicate(timeout=60)
    assert first.returncode == 130 and "Traceback" not in err
    last = err.strip().splitlines()[-1]
    assert last == "stopped, and saved · go on: tinygrad-gru sweep adding --out s --trials 3 --jobs 2"
    assert "interrupted" in out
    stopped_at = {run: load_checkpoint(run / "last.npz").update for run in (tmp_path / "s").glob("trial-*")}
    assert len(stopped_at) == 2 and all(0 < update < UPDATES for update in stopped_at.values())

    second = start(*last.split()[-8:], cwd=tmp_path)
    until_saved(tmp_path, 2, beyond=max(stopped_at.values()))
    second.kill()
    second.communicate(timeout=30)  # its workers, which have its pipes, leave too

    third = start(*last.split()[-8:-1], "1", "--quiet", "--json", cwd=tmp_path)
    fourth = run(*last.split()[-8:-1], "1", "--quiet", "--json", cwd=tmp_path, timeout=300)
    out, err = third.communicate(timeout=300)
    assert (third.returncode, fourth.returncode) == (0, 0) and err == fourth.stderr == ""
    last = max(json.loads(out), json.loads(fourth.stdout), key=lambda found: found["counts"]["finished"])
    assert last["counts"] == {"finished": 3}
    assert [(t["trial"], t["updates"]) for t in sorted(last["trials"], key=lambda t: t["trial"])] == [
        (number, UPDATES) for number in range(3)
    ]
    assert sorted(path.name for path in (tmp_path / "s").glob(".*")) == []
    same = {}  # a run that was interrupted ends as one that was not
    for trial in last["trials"]:
        same.setdefault(trial["lr"], set()).add(trial["test MSE"])
    assert all(len(results) == 1 for results in same.values())


def until_saved(folder, runs, beyond=0):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = list((folder / "s").glob("trial-*/last.npz"))
        if len(found) >= runs and all(load_checkpoint(path).update > beyond for path in found):
            return
        time.sleep(0.05)
    raise AssertionError("no trial has begun")


def test_a_storage_that_cannot_be_opened_is_one_line(tmp_path):
    words = ["sweep", "adding", *SMALL, "--storage", "sqlite:////nowhere/study.db", "--out", "s", "--quiet"]
    assert complaint(run(*words, cwd=tmp_path), 1).startswith("error: cannot open the study in sqlite:////nowhere")


def test_a_sweep_of_which_every_trial_diverged_names_no_best_one_and_fails(tmp_path, capsys):
    words = ["adding", "--param", "lr=1e30,1e31", "--param", "hidden=4", *FIXED, "--trials", "2", "--jobs", "1"]
    assert main(["sweep", *words, "--out", str(tmp_path / "s"), "--json"]) == 1
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert told["best"] is None and told["counts"] == {"diverged": 2} and "Infinity" not in printed.out
    assert "no trial finished, so there is no best one. try: " in printed.err and " inf" not in printed.err


def test_an_option_of_train_is_named_as_the_parameter_that_it_is_here(capsys):
    assert main(["sweep", "table", "--file", "my sales.csv"]) == 2
    assert (
        capsys.readouterr()
        .err.rstrip()
        .endswith("no such option: --file, as a sweep's settings are its parameters. try: --param 'file=my sales.csv'")
    )
    assert main(["sweep", "table", "--trails", "3"]) == 2
    assert "did you mean --trials?" in capsys.readouterr().err

"""`init`, `train --config`, `train --dry-run` and `runs` from outside."""

import json
import tomllib

from tests.cli.command import complaint, run

QUICK = ["--length", "6", "--hidden", "8", "--updates", "20", "--batch", "4"]


def test_the_settings_of_a_task_are_written_changed_and_trained_with(tmp_path):
    done = run("init", "order", "-o", "it.toml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "it.toml\n")
    text = (tmp_path / "it.toml").read_text()
    assert run("init", "order", cwd=tmp_path).stdout == text
    (tmp_path / "it.toml").write_text(text.replace("hidden = 32", "hidden = 5"))
    done = run("train", "--config", "it.toml", "--updates", "3", "--batch", "2", "--quiet", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "runs/order-0001\n"), done.stderr
    kept = tomllib.loads((tmp_path / "runs/order-0001/config.toml").read_text())
    assert (kept["hidden"], kept["updates"], kept["task"]) == (5, 3, "order")
    line = complaint(run("init", "order", "-o", "it.toml", cwd=tmp_path), code=2)
    assert line == "error: output: it.toml is there already. try: another name, or --force"


def test_settings_that_are_unknown_or_missing_are_one_line(tmp_path):
    (tmp_path / "it.toml").write_text("hiden = 3\n")
    line = complaint(run("train", "adding", "--config", "it.toml", cwd=tmp_path), code=2)
    assert line == "error: config: it.toml holds the unknown setting 'hiden'. did you mean hidden?"
    assert complaint(run("train", cwd=tmp_path), code=2).startswith("error: task: not given. try: tinygrad-gru train")
    line = complaint(run("train", "adding", "--config", "no.toml", cwd=tmp_path), code=1)
    assert line == "error: cannot read no.toml: No such file or directory. try: tinygrad-gru init adding -o no.toml"


def test_a_dry_run_tells_and_leaves_nothing(tmp_path):
    done = run("train", "adding", *QUICK, "--dry-run", cwd=tmp_path)
    assert done.returncode == 0 and "# a batch: x (6, 4, 2), y (4, 1)" in done.stdout
    assert tomllib.loads(done.stdout)["hidden"] == 8  # what it prints can be a settings file
    told = json.loads(run("train", "adding", *QUICK, "--dry-run", "--json", cwd=tmp_path).stdout)
    assert told["parameters"] == 273 and told["config"]["length"] == 6 and told["shapes"]["x"] == [6, 4, 2]
    assert list(tmp_path.iterdir()) == []


def test_runs_are_listed_and_sorted(tmp_path):
    assert "there is no run in runs yet" in run("runs", cwd=tmp_path).stderr
    run("train", "adding", *QUICK, "--quiet", cwd=tmp_path)
    run("train", "order", "--length", "20", "--hidden", "4", "--updates", "3", "--batch", "2", "-q", cwd=tmp_path)
    run("train", "adding", *QUICK, "--lr", "1e30", "--quiet", cwd=tmp_path)
    rows = json.loads(run("runs", "--json", cwd=tmp_path).stdout)
    names = ["adding-0001", "adding-0003", "order-0002"]
    assert [(row["run"], row["state"]) for row in rows] == list(
        zip(names, ["finished", "diverged", "finished"], strict=True)
    )
    head, *lines = run("runs", "adding", "--sort", "best", cwd=tmp_path).stdout.splitlines()
    assert head.split()[:3] == ["run", "task", "cell"]
    assert [line.split()[0] for line in lines] == ["adding-0001", "adding-0003"]
    assert "did you mean best?" in complaint(run("runs", "--sort", "bets", cwd=tmp_path), code=2)


def test_a_table_is_forecast_with_options(tmp_path):
    rows = "\n".join(f"{i},{i % 7},{(i * 3) % 5}" for i in range(120))
    (tmp_path / "t.csv").write_text("day,a,b\n" + rows + "\n")
    options = ["--length", "4", "--hidden", "4", "--updates", "3", "--batch", "2"]
    done = run("train", "table", "--file", "t.csv", "--targets", "a", "--horizon", "2", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "--targets a --horizon 2" in done.stderr
    kept = tomllib.loads((tmp_path / "runs/table-0001/config.toml").read_text())
    assert (kept["targets"], kept["horizon"]) == (["a"], 2)
    assert run("eval", "last", cwd=tmp_path).returncode == 0
    line = complaint(run("train", "adding", "--horizon", "2", cwd=tmp_path), code=2)
    assert line == "error: horizon is a setting of table, not of adding. try: without it"

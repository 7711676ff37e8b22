"""`tinygrad-gru compare`: the table on stdout, the way there on stderr, the exit code."""

import json
from pathlib import Path

import pytest

from tinygrad_gru.cli import main

QUICK = ["--hidden", "2", "--updates", "2", "--batch", "2", "--length", "4", "--seeds", "1", "--jobs", "1"]


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_table_is_data_and_the_way_there_is_talk(capsys):
    assert main(["compare", "adding", "--cells", "rnn,gru", *QUICK, "--out", "both"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("| cell |") and "\n\n" in out
    first, *_, last = err.splitlines()
    assert first.startswith("2 runs of adding in both: rnn ")
    assert last.startswith("wrote ") and last.endswith(" in both")
    assert all((Path("both") / name).exists() for name in ("compare.md", "compare.csv", "compare.html"))


def test_quiet_and_json_leave_one_object(capsys):
    assert main(["compare", "adding", "--cells", "gru", *QUICK, "--quiet", "--json"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert err == "" and [row["cell"] for row in result["rows"]] == ["gru"]
    assert Path(result["folder"]).is_dir() and result["verdict"]


def test_a_cell_that_does_not_exist_is_refused_before_a_folder_is_made(capsys):
    assert main(["compare", "adding", "--cells", "gru,grw", *QUICK]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "'grw'" in err and not Path("runs").exists()

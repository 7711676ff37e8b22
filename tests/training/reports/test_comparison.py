"""The reports of a comparison are written again, and over nothing else."""

import os

import pytest

from tests.cli import command
from tests.training.experiments.test_compare import of
from tests.training.test_session import WORDS, tree
from tinygrad_gru.errors import ConfigError, FileError
from tinygrad_gru.training import Config, train_run
from tinygrad_gru.training.reports.comparison import refuse_other_reports, write_reports
from tinygrad_gru.training.reports.html import page
from tinygrad_gru.training.reports.run import write_report

REPORTS = ["compare.md", "compare.csv", "compare.html", "curves.svg"]
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10"  # sixteen by sixteen
MINE = [b"", b"mine", b"# adding\n\nmy notes\n", b'<!doctype html>\n<html lang="en">\n<title>my page</title>', PNG]


def test_ours_are_written_again(tmp_path):
    for values in ([0.1, 0.2], [0.3, 0.4]):
        assert [path.name for path in write_reports(of(gru=values, rnn=[0.5, 0.6]), tmp_path)] == REPORTS
    assert "0.35" in (tmp_path / "compare.md").read_text()


@pytest.mark.parametrize("mine", MINE)
@pytest.mark.parametrize("name", REPORTS)
def test_a_file_that_is_only_called_so_is_not_written_over(name, mine, tmp_path):
    (tmp_path / name).write_bytes(mine)
    for call in (refuse_other_reports, lambda folder: write_reports(of(gru=[0.1, 0.2], rnn=[0.5, 0.6]), folder)):
        with pytest.raises(ConfigError, match=f"{name} is not a report of ours, so not written over. try: --out"):
            call(tmp_path)
    assert tree(tmp_path) == {name: mine}


@pytest.mark.parametrize("name", REPORTS)
def test_neither_is_a_folder_a_pipe_or_what_a_link_leads_to(name, tmp_path):
    for make in (os.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")):
        make(tmp_path / name)
        with pytest.raises(ConfigError, match=f"{name} is not a report of ours"):
            refuse_other_reports(tmp_path)
        (tmp_path / name).rename(tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}")


def test_a_compare_that_would_write_over_a_file_is_refused_before_any_work(tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "curves.svg").write_bytes(PNG)
    done = command.run(*WORDS, "--updates", "4", "--jobs", "1", "--quiet", "--out", "c", cwd=tmp_path)
    assert done.returncode == 2 and "c/curves.svg is not a report of ours" in done.stderr
    assert tree(tmp_path / "c") == {"curves.svg": PNG}


@pytest.mark.parametrize("mine", MINE)
def test_a_runs_report_is_not_written_over_a_file_of_the_users(mine, tmp_path):
    run = train_run(Config.of("adding", hidden=2, updates=1, batch=1, length=4), tmp_path / "run", quiet=True).run
    (run / "report.html").write_bytes(mine)
    with pytest.raises(FileError, match=r"report.html is not a report of ours, so not written over. try: "):
        write_report(run)
    assert (run / "report.html").read_bytes() == mine
    (run / "report.html").write_text(page("a\nrun", "<p>of ours</p>"))
    assert "of ours" not in write_report(run).read_text(encoding="utf-8")

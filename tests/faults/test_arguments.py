"""Faults 49 to 57: wrong usage is exit code 2, in a line, before anything is written."""

import pytest

from tests.faults.session import complaint, good_run, still_good
from tinygrad_gru.cli import main
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.training import Config

USAGE = [
    (49, "train addng", "did you mean adding?"),
    (49, "train", "task: not given"),
    (49, "compare addng", "did you mean adding?"),
    (49, "tasks addng", "did you mean adding?"),
    (49, "train ''", "task: got ''"),
    (50, "train adding --hiden 3", "no such option: --hiden. did you mean --hidden?"),
    (50, "train adding --cell grw", "did you mean gru?"),
    (50, "trian adding", "did you mean train?"),
    (50, "train adding --hidden 3.5", "hidden: got 3.5, wanted a whole number"),
    (50, "train adding --hidden 3=4", "hidden: got '3=4', wanted a whole number"),
    *[(51, f"train adding --lr={lr}", "lr: got") for lr in ("nan", "inf", "-inf", "-1", "0", "1e999")],
    (51, "train adding --clip=nan", "clip: got nan"),
    (51, "train adding --final-lr=2", "final_lr: got 2.0"),
    *[(52, f"train adding --{name} 0", f"{name}: got 0") for name in ("hidden", "updates", "batch", "length", "every")],
    (52, "train adding --patience=-1", "patience: got -1"),
    (53, "train adding --seed=-1", "seed: got -1"),
    (53, f"train adding --seed={2**70}", f"seed: got {2**70}"),
    (53, "graph --seed=-1", "seed: got -1"),
    (53, "sample run --seed=-1", "seed: got -1"),
]

CONFIGS = [
    (54, "an unclosed string", b'task = "adding\n', "line 1, column 15"),
    (54, "no value", b'task = "adding"\nlr =\n', "line 2, column 5"),
    (54, "a name twice", b'task = "adding"\nlr = 1.0\nlr = 1.0\n', "line 3"),
    (54, "JSON", b'{"task": "adding"}', "is not TOML"),
    (54, "a number too long", b"lr = 1" + b"0" * 5000, "is not TOML"),
    (54, "nested too deeply", b"lr = " + b"[" * 100_000, "is not TOML"),
    (55, "a word for a number", b'task = "table"\nfile = "a.csv"\nhorizon = "far"\n', "horizon: got far"),
    (55, "unknown", b'task = "adding"\nhiden = 3\n', "unknown setting 'hiden'. did you mean hidden?"),
    (55, "text for a number", b'task = "adding"\nhidden = "many"\n', "hidden: got many"),
    (55, "true for a number", b'task = "adding"\nhidden = true\n', "hidden: got True"),
    (55, "a fraction", b'task = "adding"\nhidden = 3.5\n', "hidden: got 3.5"),
    (55, "nan", b'task = "adding"\nlr = nan\n', "lr: got nan"),
    (55, "a date", b'task = "adding"\nlr = 1979-05-27\n', "lr: got 1979-05-27"),
    (55, "a number too large", b'task = "adding"\nlr = 1' + b"0" * 400 + b"\n", "lr: got 1000"),
    (55, "a table", b'[task]\nname = "adding"\n', "task: got {'name': 'adding'}"),
    (55, "a list", b'task = "adding"\ncell = ["gru"]\n', "cell: got ['gru']"),
    (55, "a file that is a number", b'task = "chars"\nfile = 3\n', "file: got 3"),
    (55, "another task's", b'task = "adding"\nhorizon = 3\n', "horizon is a setting of table"),
    (55, "options", b'task = "adding"\noptions = 3\n', "unknown setting 'options'"),
    (56, "not UTF-8", b'task = "add\xe9ng"\n', "is not TOML"),
    (56, "UTF-16", 'task = "adding"\n'.encode("utf-16"), "is not TOML"),
    (56, "NUL", b'task = "adding"\n\0\n', "is not TOML"),
    (56, "too large", b"#" * 1_000_001, "larger than settings can be"),
    (56, "empty", b"", "task: not given"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a run."""
    folder = tmp_path_factory.mktemp("arguments")
    good_run(folder / "run")
    return folder


@pytest.fixture
def folder(place, monkeypatch):
    """The folder that the commands run in; the run in it is as good afterwards, and there is nothing new."""
    monkeypatch.chdir(place)
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    yield place
    for path in place.glob("*.toml"):
        path.unlink()
    still_good(place / "run")
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before


@pytest.mark.parametrize(("number", "line", "want"), USAGE, ids=[line for _, line, _ in USAGE])
def test_wrong_usage_is_exit_code_2(number, line, want, folder, capsys):
    assert want in complaint(capsys, 2, *("" if word == "''" else word for word in line.split()))


@pytest.mark.parametrize(("number", "name", "data", "want"), CONFIGS, ids=[name for _, name, _, _ in CONFIGS])
def test_a_settings_file_that_cannot_be_used_is_exit_code_2(number, name, data, want, folder, capsys):
    (folder / "bad.toml").write_bytes(data)
    assert want in complaint(capsys, 2, "train", "--config", "bad.toml", "--quiet")


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_settings_from_windows_are_read(bom, end, folder, capsys):
    (folder / "good.toml").write_bytes(bom + end.join([b'task = "adding"', b"hidden = 3", b"length = 4"]))
    assert main(["train", "--config", "good.toml", "--dry-run", "--json"]) == 0
    assert '"hidden": 3' in capsys.readouterr().out


def test_settings_that_are_missing_or_a_folder_are_told(folder, capsys):
    assert "cannot read no.toml: No such file" in complaint(capsys, 1, "train", "--config", "no.toml")
    assert "cannot read run: Is a directory" in complaint(capsys, 1, "train", "--config", "run")


@pytest.mark.parametrize(
    "sizes",
    [
        ["--hidden", "1000000"],
        ["--hidden", "1000000000"],
        ["--batch", "1000000000"],
        ["--length", "1000000000", "--batch", "1000"],
        ["--hidden", "1000000000", "--dry-run"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("task", ["adding", "sine", "reber"])
def test_more_memory_than_there_is_is_refused(sizes, task, folder, capsys):
    line = complaint(capsys, 2, "train", task, *sizes, "--quiet")
    assert "GB of memory, and there are" in line and "try: a smaller" in line


@pytest.mark.parametrize("task", TASKS)
def test_the_sizes_of_every_task_are_no_fault(task):
    from tinygrad_gru.training.dry_run import refuse_what_is_too_large

    refuse_what_is_too_large(Config.of(task))

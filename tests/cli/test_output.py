"""Where a command's file goes: nothing of the user's is written over, and what is no file stays what it is."""

import json
import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tests.cli.command import COMMAND, complaint, environment, run
from tests.cli.runs import make_run
from tests.nn.files.test_writing import Reader, device
from tinygrad_gru.cli import main
from tinygrad_gru.training import commented

SMALL = ["--length", "2", "--hidden", "2", "--inputs", "1"]


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with a run."""
    folder = tmp_path_factory.mktemp("here")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        for cell, name in (("gru", "run"), ("lstm", "lstm")):
            make_run("adding", cell)
            Path("runs/adding-0001").rename(name)
    return folder


def writing(command, target):
    """The words of a command that writes to this target."""
    return {
        "init": ["init", "order", "-o", target],
        "explain": ["explain", "-o", target],
        "predict": ["predict", "run", "in.txt", "-o", target],
        "export": ["export", "run", "--dialect", "keras", "-q", "-o", target],
        "import": ["import", "keras.npz", "-o", target],
        "play": ["play", *SMALL, "-q", "-o", target],
        "inspect": ["inspect", "run", "-o", target],
        "graph": ["graph", *SMALL, "-q", "-o", target],
    }[command]


SUFFIX = {"init": ".toml", "explain": ".md", "predict": ".csv", "export": ".npz", "import": ".npz", "play": ".html",
          "inspect": ".html", "graph": ".dot"}  # fmt: skip
COMMANDS = list(SUFFIX)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def with_files(here, monkeypatch):
    monkeypatch.chdir(here)
    if not Path("keras.npz").exists():
        Path("in.txt").write_text("0.5 0.31* 0.7* 0.2\n")
        assert main(["export", "run", "-q", "-o", "keras.npz"]) == 0


def same(command, got, wanted):
    """Whether these are the bytes; a page of the player numbers its tensors in another order each time."""
    if command == "play":
        begins = b'<script type="application/json" id="data">'
        return got.partition(begins)[0] == wanted.partition(begins)[0] and got[-1000:] == wanted[-1000:]
    return got == wanted


def wanted(command, tmp_path):
    """What the command writes into a new file."""
    path = tmp_path / f"new{SUFFIX[command]}"
    assert main(writing(command, str(path))) == 0
    return path.read_bytes()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_of_the_users_is_written_over_only_if_told_to(command, tmp_path, capsys):
    path = tmp_path / f"mine{SUFFIX[command]}"
    path.write_text("mine")
    path.chmod(0o640)
    assert main(writing(command, str(path))) == 2
    assert capsys.readouterr().err.endswith(f"output: {path} is there already. try: another name, or --force\n")
    assert path.read_text() == "mine" and names(tmp_path) == [path.name]
    assert main([*writing(command, str(path)), "--force"]) == 0
    assert same(command, path.read_bytes(), wanted(command, tmp_path)) and stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_is_refused_also_by_force(command, tmp_path, capsys):
    path = tmp_path / f"mine{SUFFIX[command]}"
    path.mkdir()
    for more in ([], ["--force"]):
        assert main([*writing(command, str(path)), *more]) == 2
        err = capsys.readouterr().err
        assert f"output: {path} is a folder, wanted a file. try: -o {path}/" in err
    assert path.is_dir() and not list(path.iterdir())


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_pipe_is_written_into_without_a_question(command, force, tmp_path):
    path = tmp_path / f"pipe{SUFFIX[command]}"
    os.mkfifo(path)
    reader = Reader(path)
    assert main([*writing(command, str(path)), *force]) == 0
    assert same(command, reader.all(), wanted(command, tmp_path))
    assert path.is_fifo()


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_device_stays_one(command, force, tmp_path):
    path = device(tmp_path / f"null{SUFFIX[command]}")
    assert main([*writing(command, str(path)), *force]) == 0
    assert path.is_char_device() and names(tmp_path) == [path.name]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_link_is_followed_and_kept(command, tmp_path):
    path = tmp_path / f"link{SUFFIX[command]}"
    path.symlink_to("target")
    assert main(writing(command, str(path))) == 0
    assert path.is_symlink() and same(command, (tmp_path / "target").read_bytes(), wanted(command, tmp_path))


@pytest.mark.parametrize("target", ["-", "/dev/stdout", "/dev/fd/1"])
@pytest.mark.parametrize("command", COMMANDS)
def test_stdout_gets_the_file_and_nothing_else(command, target, here, tmp_path):
    if command == "graph":
        bytes_wanted = run("graph", *SMALL, "-o", "-", cwd=here, encoding=None).stdout
        assert bytes_wanted.startswith(b"A GRU, unrolled for 2 steps")
    else:
        bytes_wanted = wanted(command, tmp_path)
    words = writing(command, target)
    done = run(*words, cwd=here, encoding=None)
    assert done.returncode == 0, done.stderr
    if command == "import":  # what is in the file is told before, to people where the data take stdout
        assert b"keras.npz: keras" in done.stderr
    assert same(command, done.stdout, bytes_wanted)
    with (tmp_path / "out").open("wb") as out:
        assert run(*words, cwd=here, stdout=out).returncode == 0
    assert same(command, (tmp_path / "out").read_bytes(), bytes_wanted)


def test_a_reader_of_a_file_on_stdout_who_has_had_enough_is_exit_code_141(here):
    command = subprocess.Popen(
        [*COMMAND, *writing("play", "-")], cwd=here, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with command:
        command.stdout.close()
        assert command.stderr.read() == b""
    assert command.returncode == 141


def test_every_dialect_goes_through_a_pipe(here, tmp_path, capfdbinary):
    for dialect, suffix in (("torch", ".safetensors"), ("keras", ".npz"), ("onnx", ".onnx")):
        path = tmp_path / f"model{suffix}"
        assert main(["export", "lstm", "-q", "--dialect", dialect, "-o", str(path)]) == 0
        capfdbinary.readouterr()
        assert main(["export", "lstm", "-q", "--dialect", dialect, "-o", "-"]) == 0
        assert capfdbinary.readouterr().out == path.read_bytes()
    line = complaint(run("export", "run", "-o", "-", cwd=here), code=2)
    assert line == "error: output: - has no suffix that tells what to write. try: --dialect onnx"
    assert "wanted .onnx" in complaint(run("export", "run", "--dialect", "onnx", "-o", "x.npz", cwd=here), code=2)


def test_what_was_imported_goes_to_stdout_or_its_json(here, tmp_path):
    line = complaint(run("import", "keras.npz", "--json", "-o", "-", cwd=here), code=2)
    assert line == "error: output: stdout holds the JSON already. try: -o model.npz"
    told = run("import", "keras.npz", "--json", "-o", tmp_path / "x.npz", cwd=here).stdout
    assert json.loads(told)["written"] == str(tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as file:
        assert file.files


# --- pictures, which are drawn again and again -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["graph", *SMALL, "-o", "a.dot"],
        ["graph", *SMALL, "-o", "a.txt"],
        ["graph", *SMALL, "--level", "cell", "-o", "a.txt"],
        ["graph", "--run", "run", "--length", "2", "-o", "a.txt"],
        ["graph", "--run", "run", "--length", "2", "-o", "a.dot"],
        ["graph", *SMALL, "-o", "a.svg"],
        ["graph", *SMALL, "--slide", "-o", "a.svg"],
        ["graph", *SMALL, "-o", "a.html"],
        ["graph", *SMALL, "-o", "a.pdf"],
        ["play", *SMALL, "-o", "a.html"],
        ["inspect", "run", "-o", "a.html"],
        ["inspect", "run", "-o", "a.svg"],
        ["inspect", "run", "-o", "a.png"],
        ["inspect", "run", "-o", "a.pdf"],
    ],
    ids=" ".join,
)
def test_what_we_have_drawn_is_drawn_again_and_nothing_over_anything_else(words, here, tmp_path, capsys):
    words = [*words[:-1], str(tmp_path / words[-1])]
    path = Path(words[-1])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("warnings.showwarning", lambda *more: None)
        assert main(words) == 0 and main(words) == 0  # the second over the first
    assert path.exists()
    for mine in (b"", b"mine", b"<!doctype html>\n<html lang='en'><title>my page</title>", b"<svg></svg>", b"graph {}"):
        path.write_bytes(mine)
        assert main(words) == 2
        assert path.read_bytes() == mine


@pytest.mark.parametrize("suffix", [".svg", ".dot"])
def test_what_is_written_instead_is_not_written_over_a_file_of_the_users(suffix, tmp_path, monkeypatch):
    import tinygrad_gru as tg
    from tinygrad_gru import errors
    from tinygrad_gru.diagram import api as picture
    from tinygrad_gru.diagram.render import graphviz_process as render

    real = picture.render

    def failing(dot, form):
        if suffix == ".dot":
            raise errors.RenderError("the layout failed. try: less")
        if form == "png":
            raise render.NoFonts("no fonts")
        return real(dot, form)

    monkeypatch.setattr(picture, "render", failing)
    x = tg.Tensor([3.0], requires_grad=True, name="x")
    drawn = tg.draw((x * x).sum().named("L"))
    (tmp_path / f"a{suffix}").write_text("mine")
    for _ in range(2):  # the second time over what was written the first time
        if suffix == ".dot":
            with pytest.raises(errors.RenderError, match=r"the graph itself is in .*/a-2.dot. try: less"):
                drawn.save(tmp_path / "a.png")
        else:
            with pytest.warns(match=r"wrote .*/a-2.svg instead"):
                assert drawn.save(tmp_path / "a.png") == tmp_path / "a-2.svg"
    assert (tmp_path / f"a{suffix}").read_text() == "mine"
    assert names(tmp_path) == sorted([f"a{suffix}", f"a-2{suffix}"])


# --- words for the shell ---------------------------------------------------------------------------------------------


def test_init_says_how_to_train_with_a_file_of_any_name(tmp_path, capsys):
    assert main(["init", "order", "-o", str(tmp_path / "my settings.toml")]) == 0
    assert f"train --config '{tmp_path}/my settings.toml'" in capsys.readouterr().err
    assert tomllib.loads((tmp_path / "my settings.toml").read_text()) == tomllib.loads(commented("order"))


def test_settings_that_cannot_be_read_bring_no_advice_to_write_over_them(tmp_path):
    (tmp_path / "folder").mkdir()
    line = complaint(run("train", "--config", "folder", cwd=tmp_path), code=1)
    assert line == "error: cannot read folder: Is a directory. try: a file of settings, as init writes it"


def test_a_name_that_is_no_utf8_is_printed_as_its_bytes(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.toml"
    done = subprocess.run([*COMMAND, "init", "order", "-o", name], env=environment(), capture_output=True)
    assert done.returncode == 0 and done.stdout == name + b"\n" and Path(os.fsdecode(name)).exists()
    words = [sys.executable, "-c", "from tinygrad_gru.cli import streams; streams.be_lenient(); print('h̃ \\udce9')"]
    done = subprocess.run(words, env=environment(PYTHONIOENCODING="ascii"), capture_output=True)
    assert done.stdout == b"h\\u0303 \xe9\n"


def test_a_plain_name_without_a_suffix_asks_for_nothing_that_can_be_written(here, tmp_path):
    for more in ([], ["--dialect", "onnx"]):
        line = complaint(run("export", "run", *more, "-o", tmp_path / "model", cwd=here), code=2)
        assert line.startswith(f"error: output: got {tmp_path}/model, wanted .onnx")

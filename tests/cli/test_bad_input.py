"""Bad input: one line on stderr that says what to try, the right exit code, and no traceback."""

import resource
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cli.command import complaint, run

ROOM = "try: a place of yours, on a disk with room"
USAGE = [
    ("tran", "error: no such command 'tran'. did you mean train? try: tinygrad-gru --help"),
    ("train", "error: task: not given. try: tinygrad-gru train adding"),
    ("train addng", "error: task: got 'addng', wanted "),
    ("train adding --cell grw", "error: cell: got 'grw', wanted rnn, gru, gru-after or lstm. did you mean gru?"),
    ("train adding --hiden 3", "error: no such option: --hiden. did you mean --hidden? try: tinygrad-gru train --help"),
    ("train adding --zzz 3", "error: no such option: --zzz. try: tinygrad-gru train --help"),
    ("train adding more", "error: got unexpected extra argument"),
    ("train adding --lr", "error: option '--lr' requires an argument"),
    ("train adding --hidden many", "error: hidden: got 'many', wanted a whole number of at least 1. try: --hidden 1"),
    ("train adding --hidden 9999999999", "error: hidden: got 9999999999, wanted a whole number from 1 to 1000000000."),
    ("train adding --final-lr 2", "error: final_lr: got 2.0, wanted a number above 0, at most 1. try: --final-lr 0.1"),
    ("train table --horizon 1001", "error: horizon: got 1001, wanted a whole number from 1 to 1000. try: --horizon 1"),
    ("train adding --hidden 0", "error: hidden: got 0, wanted a whole number of at least 1. try: --hidden 1"),
    ("train adding --hidden 9999999999", "error: hidden: got 9999999999, wanted a whole number from 1 to 1000000000."),
    ("train adding --final-lr 2", "error: final_lr: got 2.0, wanted a number above 0, at most 1. try: --final-lr 0.1"),
    ("train table --horizon 1001", "error: horizon: got 1001, wanted a whole number from 1 to 1000. try: --horizon 1"),
    ("train adding --updates 0", "error: updates: got 0, wanted a whole number of at least 1. try: --updates 1"),
    ("train adding --batch 0", "error: batch: got 0, wanted a whole number of at least 1. try: --batch 1"),
    ("train adding --length 0", "error: length: got 0, wanted a whole number of at least 1. try: --length 1"),
    ("train adding --length 1", "error: length: adding needs 2 or more (time steps per sequence), got 1."),
    ("train adding --lr nan", "error: lr: got nan, wanted a finite number above 0. try: --lr"),
    ("train adding --lr inf", "error: lr: got inf, wanted a finite number above 0. try: --lr"),
    ("train adding --lr 0", "error: lr: got 0.0, wanted a finite number above 0. try: --lr"),
    ("train adding --lr=-0.1", "error: lr: got -0.1, wanted a finite number above 0. try: --lr"),
    ("train adding --seed=-1", "error: seed: got -1, wanted a whole number of at least 0. try: --seed 0"),
    (
        "train adding --file text.txt",
        "error: file: adding makes its own data, got text.txt. try: tinygrad-gru train chars",
    ),
    ("train adding --out full", "error: out: full is not empty, wanted a new folder. try: leave --out away"),
    ("check tanhh", "error: no differentiable operation is called 'tanhh'. did you mean tanh?"),
    ("sample last --seed=-1", "error: seed: got -1, wanted a whole number of at least 0."),
]

FILES = [
    ("train chars --file missing.txt", "error: cannot read missing.txt: No such file or directory. try:"),
    ("train chars --file empty.txt", "error: empty.txt is empty, wanted UTF-8 text."),
    (
        "train chars --file cyrillic.txt",
        "error: cyrillic.txt is not UTF-8: byte 0xe4 at offset 0, line 1, in an encoding that cannot be told.",
    ),
    (
        "train chars --file short.txt",
        "error: the text has 5 characters, wanted at least 1300 for sequences of 64. try:",
    ),
    ("train chars --file same.txt", "error: the text is 'a' over and over: there is nothing to predict."),
    ("train chars --file full", "error: full is a folder, wanted a text file. try:"),
    ("train adding --out short.txt", "error: cannot make a run in short.txt: File exists. try: --out"),
    ("train adding --out short.txt/run", "error: cannot make a run in short.txt/run: Not a directory. try: --out"),
    ("sample last", "error: there is no run in runs yet. try: tinygrad-gru train"),
    ("sample nowhere", "error: no such run: nowhere (looked here and in runs). try: tinygrad-gru train"),
    ("sample full", "error: full holds no checkpoint (best.npz or last.npz)."),
    ("sample short.npz", "error: short.npz is damaged, or no checkpoint: File is not a zip file"),
]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The finished process of each line, all of them run in one folder, which they must leave as it is."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "empty.txt").touch()
    (folder / "cyrillic.txt").write_bytes(b"\xe4\xe0")
    (folder / "short.txt").write_text("short")
    (folder / "short.npz").write_text("short")
    (folder / "same.txt").write_text("a" * 2000)
    (folder / "full").mkdir()
    (folder / "full" / "note").write_text("mine")
    before = sorted(folder.rglob("*"))
    lines = [line for line, _ in USAGE + FILES]
    with ThreadPoolExecutor() as pool:
        finished = pool.map(lambda line: run(*line.split(), cwd=folder), lines)
        yield dict(zip(lines, finished, strict=True))
    assert sorted(folder.rglob("*")) == before, "what is refused leaves nothing behind"


@pytest.mark.parametrize(("line", "want"), USAGE, ids=[line for line, _ in USAGE])
def test_wrong_usage_is_exit_code_2(line, want, done):
    assert complaint(done[line], code=2).startswith(want)


@pytest.mark.parametrize(("line", "want"), FILES, ids=[line for line, _ in FILES])
def test_a_file_that_cannot_be_used_is_exit_code_1(line, want, done):
    assert complaint(done[line], code=1).startswith(want)


def test_stdout_that_cannot_be_written_is_exit_code_1(tmp_path):
    with (tmp_path / "out").open("w") as out:
        done = run("--version", cwd=tmp_path, stdout=out, preexec_fn=files_of_at_most(0))
    assert (done.returncode, done.stderr) == (1, f"error: output: File too large. {ROOM}\n")


def test_a_disk_that_is_full_in_the_middle_of_a_run_is_exit_code_1(tmp_path):
    size = ["--length", "4", "--hidden", "4", "--updates", "30", "--batch", "2"]
    done = run("train", "adding", *size, cwd=tmp_path, preexec_fn=files_of_at_most(1500))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: cannot write runs/adding-0001/last.npz: File too large")
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "runs/adding-0001").glob("*.npz")), "half a checkpoint is none"


def files_of_at_most(size):
    """To be called in the new process: writing more to a file fails, as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_debug_adds_the_traceback(tmp_path):
    done = run("train", "adding", "--lr", "0", "--debug", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Traceback")
    assert done.stderr.splitlines()[-1].startswith("error: lr: got 0.0")

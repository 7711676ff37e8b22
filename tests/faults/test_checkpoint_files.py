"""Faults 1 to 30: whatever a checkpoint is, it is loaded whole or refused in a line."""

import random

import numpy as np
import pytest

from tests.cli.command import COMMAND
from tests.faults.bad_files import BAD_FILES, archive, members
from tests.faults.session import bound_by_permissions, complaint, good_run, process, still_good, the_line
from tinygrad_gru.cli import main
from tinygrad_gru.errors import CheckpointError
from tinygrad_gru.training import load_checkpoint
from tinygrad_gru.training.runs import checkpoint


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run that is stopped half-way, in the sense that it can be resumed."""
    return good_run(tmp_path_factory.mktemp("good") / "run")


@pytest.fixture
def good(run):
    """The bytes of a good checkpoint, which is as good afterwards."""
    before = (run / "best.npz").read_bytes()
    yield before
    assert (run / "best.npz").read_bytes() == before
    still_good(run)


def refused(path):
    """The one complaint about a file that is no checkpoint."""
    with pytest.raises(CheckpointError) as failure:
        load_checkpoint(path)
    assert str(failure.value).isprintable() and "try: " in str(failure.value)


@pytest.mark.parametrize(("number", "name", "make"), BAD_FILES, ids=[f"{n} {name}" for n, name, _ in BAD_FILES])
def test_a_bad_checkpoint_is_one_line(number, name, make, good, tmp_path, capsys):
    for file in ("best.npz", "last.npz"):
        if make is None:
            (tmp_path / file).mkdir()
        else:
            (tmp_path / file).write_bytes(make(good))
    assert f"{tmp_path / 'best.npz'}" in complaint(capsys, 1, "eval", tmp_path)
    assert f"{tmp_path / 'last.npz'}" in complaint(capsys, 1, "resume", tmp_path)
    assert not list(tmp_path.parent.rglob("evil*"))


def test_a_file_cut_off_at_any_byte_is_refused(good, tmp_path, soak_size):
    sizes = sorted(random.Random(0).sample(range(len(good)), soak_size(len(good))))
    for size in sizes:
        (tmp_path / "cut.npz").write_bytes(good[:size])
        refused(tmp_path / "cut.npz")


def test_a_flipped_bit_is_refused_or_changes_nothing(run, good, tmp_path, soak_size):
    want = load_checkpoint(run / "best.npz")
    rng, path, seen = random.Random(0), tmp_path / "flipped.npz", [0, 0]
    for _ in range(soak_size(3000)):
        at = rng.randrange(8 * len(good))
        data = bytearray(good)
        data[at // 8] ^= 1 << at % 8
        path.write_bytes(data)
        try:
            got = load_checkpoint(path)
        except CheckpointError:
            seen[0] += 1
            continue
        seen[1] += 1  # the times of members, say, which nobody reads
        assert (got.config, got.update) == (want.config, want.update)
        for name, array in want.model.state_dict().items():
            assert np.array_equal(got.model.state_dict()[name], array)
    assert seen[0] > seen[1] > 0


def test_numbers_of_the_other_endianness_are_the_same_numbers(run, good, tmp_path):
    with np.load(run / "best.npz") as file:
        arrays = {name: file[name] for name in file.files if name != "meta.json"}
    np.savez(tmp_path / "big.npz", **{name: array.astype(">f4") for name, array in arrays.items()})
    items = members((tmp_path / "big.npz").read_bytes()) | {"meta.json": members(good)["meta.json"]}
    (tmp_path / "big.npz").write_bytes(archive(items.items()))
    state = load_checkpoint(tmp_path / "big.npz").model.state_dict()
    assert all(np.array_equal(state[name], array) and state[name].dtype.isnative for name, array in arrays.items())


def test_a_run_that_is_missing_brings_the_nearest(run, good, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "adding-0001").mkdir(parents=True)
    assert "did you mean adding-0001?" in complaint(capsys, 1, "eval", "ading-0001")
    assert "holds no checkpoint" in complaint(capsys, 1, "eval", "adding-0001")
    assert "there is no such file" in complaint(capsys, 1, "resume", "adding-0001")
    assert "there is no such file" in complaint(capsys, 1, "sample", run / "bset.npz")


def test_a_file_that_may_not_be_read_is_told(good, tmp_path):
    (tmp_path / "mine.npz").write_bytes(good)
    (tmp_path / "mine.npz").chmod(0)
    done = process(*bound_by_permissions(), *COMMAND, "eval", "mine.npz", cwd=tmp_path)
    assert done.returncode == 1
    assert "mine.npz may not be read: permission denied" in the_line(done.stdout, done.stderr)


def test_a_file_that_is_replaced_while_it_is_loaded(run, good, tmp_path, monkeypatch):
    """Never the weights of one with the settings of the other: here another size of the state, then a text."""
    other = good_run(tmp_path / "other", hidden=5)
    path, read = tmp_path / "best.npz", checkpoint.read_arrays
    for replacement, hidden in (((other / "best.npz").read_bytes(), 5), (b"text", None)):
        path.write_bytes(good)

        def replaced(*args, replacement=replacement):
            path.write_bytes(replacement)
            return read(*args)

        monkeypatch.setattr(checkpoint, "read_arrays", replaced)
        if hidden is None:
            refused(path)
        else:
            assert load_checkpoint(path).config.hidden == hidden


def test_moments_that_are_missing_are_told(run, good, tmp_path, capsys):
    whole = members((run / "last.npz").read_bytes())
    some = {name: data for name, data in whole.items() if not name.startswith("optimizer.")}
    (tmp_path / "last.npz").write_bytes(archive(some.items()))
    assert "is missing" in complaint(capsys, 1, "resume", tmp_path)
    (tmp_path / "last.npz").write_bytes(good)  # the weights alone
    assert "it holds the weights only" in complaint(capsys, 1, "resume", tmp_path)
    assert main(["eval", str(tmp_path / "last.npz")]) == 0

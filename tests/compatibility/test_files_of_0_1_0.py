"""What version 0.1.0 wrote goes on working: opened, resumed, evaluated and compared with what 0.1.0 said of it.

What is stored must come back bit for bit; what is computed, to rounding: other machines have other matrix products.
The files are in tests/fixtures/0.1.0; tests/fixtures/make.py tells how they were made. They are never written to.
"""

import json
import math
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from tests.compatibility import answers

FIXTURES = Path(__file__).parents[1] / "fixtures" / "0.1.0"
EXPECTED = json.loads((FIXTURES / "expected.json").read_text(encoding="utf-8"))
ROUNDING = 1e-5  # of float32, in what a model says and in a few updates


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """Bring parts of the files into a folder of the test's own, which becomes the current one."""
    monkeypatch.chdir(tmp_path)

    def bring(*parts):
        for part in parts:
            if (FIXTURES / part).is_dir():
                shutil.copytree(FIXTURES / part, part)
            else:
                Path(part).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(FIXTURES / part, part)

    return bring


def difference(got, wanted, where="it"):
    """The first place where two answers differ by more than rounding, or nothing."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        if list(got) != list(wanted):
            return f"{where} has {list(got)}, wanted {list(wanted)}"
        return next(filter(None, (difference(got[name], wanted[name], f"{where}.{name}") for name in wanted)), "")
    if isinstance(wanted, list) and isinstance(got, list | tuple):
        if len(got) != len(wanted):
            return f"{where} has {len(got)} elements, wanted {len(wanted)}"
        pairs = zip(got, wanted, strict=True)
        return next(filter(None, (difference(a, b, f"{where}[{i}]") for i, (a, b) in enumerate(pairs))), "")
    if type(wanted) is float and type(got) in (int, float):
        same = math.isclose(got, wanted, rel_tol=ROUNDING, abs_tol=ROUNDING)
    else:
        same = got == wanted
    return "" if same else f"{where} is {got!r}, wanted {wanted!r}"


@pytest.mark.parametrize("name", EXPECTED["runs"])
def test_a_run_is_shown_evaluated_and_asked(name, copy):
    copy("data", f"runs/{name}")
    wanted = dict(EXPECTED["runs"][name])
    if "last.npz" in wanted.get("checkpoints", {}):  # 0.1.0 told the last line of the metrics, which may come before
        wanted["show"] = wanted["show"] | {"updates": wanted["checkpoints"]["last.npz"]["update"]}
    if "config" in wanted and wanted["config"]["task"] == "labelled":  # which has dropout by now, and had none
        wanted = json.loads(json.dumps(wanted))
        for each in (wanted, *wanted["checkpoints"].values()):
            each["config"]["dropout"] = 0
    got = answers.of_run(Path("runs", name))
    if "a linear forecast" in got.get("eval", {}).get(
        "baselines", {}
    ):  # it reads the level by itself since, and is better
        for each in (got, wanted):
            linear, goal = each["eval"]["baselines"].pop("a linear forecast"), each["eval"].pop("goal")
            assert goal == linear < 0.0003
    assert difference(got, wanted) == ""


@pytest.mark.parametrize("name", answers.STOPPED)
def test_a_run_that_was_stopped_or_killed_goes_on_and_ends_with_the_same_weights_and_moments(name, copy):
    copy("data", f"runs/{name}")
    found, arrays = answers.of_resumed(name)
    assert difference(found, EXPECTED["resumed"][name]) == ""
    with np.load(FIXTURES / "expected" / f"{name}.npz") as wanted:
        assert sorted(arrays) == sorted(wanted)
        for key in wanted:
            assert np.abs(arrays[key] - wanted[key]).max() <= ROUNDING * np.abs(wanted[key]).max(), key


@pytest.mark.parametrize("task", EXPECTED["settings"])
def test_settings_in_a_file_are_read(task, copy):
    copy("settings")
    without = {"dropout": 0} if task == "labelled" else {}  # it has dropout by now, and had none
    assert answers.of_settings(Path("settings", f"{task}.toml")) == EXPECTED["settings"][task] | without


@pytest.mark.parametrize("name", answers.MODULES)
def test_a_module_is_loaded(name, copy):
    copy("modules")
    assert difference(answers.of_module(name), EXPECTED["modules"][name]) == ""


@pytest.mark.parametrize("name", answers.OPTIMIZERS)
def test_an_optimiser_goes_on_from_its_state(name, copy):
    copy("optimizers")
    assert difference(answers.of_optimizer(name), EXPECTED["optimizers"][name]) == ""


@pytest.mark.parametrize("name", answers.KERAS)
def test_a_model_of_the_keras_face_predicts_and_learns_on(name, copy):
    copy("keras")
    assert difference(answers.of_keras(name), EXPECTED["keras"][name]) == ""


@pytest.mark.parametrize("cell", answers.EXPORTED)
def test_exported_files_are_imported(cell, copy):
    copy("exports", answers.EXPORTED[cell])
    assert difference(answers.of_export(cell), EXPECTED["exports"][cell]) == ""


def test_an_imported_file_is_loaded(copy):
    copy("exports", answers.EXPORTED["lstm"])
    assert answers.of_imported() == EXPECTED["imported"]


@pytest.mark.parametrize(("name", "updates"), [("finished", 40), ("stopped", 120)])
def test_a_comparison_is_read_or_goes_on(name, updates, copy):
    copy(f"compared/{name}")
    assert difference(answers.of_comparison(name, updates), EXPECTED["compared"][name]) == ""


def test_a_sweep_goes_on_with_its_interrupted_trial_and_then_with_new_ones(copy):
    copy("swept")
    assert difference(answers.of_sweep(), EXPECTED["swept"]) == ""
    more = answers.asked("sweep", "adding", "--out", "swept", "--trials", 5, "--jobs", 1)
    assert sum(more["counts"].values()) == 5 and set(more["counts"]) <= {"finished", "diverged", "pruned"}


def test_nobody_has_changed_or_made_anew_what_0_1_0_wrote():
    listed = (FIXTURES / "SHA256SUMS").read_text(encoding="utf-8")
    assert changed(FIXTURES, listed) == []
    assert sha256(listed.encode()).hexdigest() == SUMS, "these files stand for those on users' disks. try: git restore"


SUMS = "fe499fdf900160ce6ef897d0fb8ac838ef14a22ecacdf898830b43ed70382c66"  # of SHA256SUMS itself


def changed(folder, listed):
    """The files that are not those of the list: changed, missing or added."""
    wanted = dict(reversed(line.split("  ", 1)) for line in listed.splitlines())
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    got = {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in paths}
    return sorted(name for name in wanted.keys() | got.keys() if wanted.get(name) != got.get(name))


def test_a_file_that_is_changed_missing_or_added_is_noticed(tmp_path):
    for name in "abc":
        (tmp_path / name).write_text(name)
    listed = "".join(f"{sha256(name.encode()).hexdigest()}  {name}\n" for name in "abc")
    assert changed(tmp_path, listed) == []
    (tmp_path / "a").write_text("A")
    (tmp_path / "b").unlink()
    (tmp_path / "d").write_text("d")
    assert changed(tmp_path, listed) == ["a", "b", "d"]


def test_a_difference_beyond_rounding_is_told_with_its_place():
    wanted = {"run": [{"best": 1.0}, {"best": 0.5}]}
    assert difference({"run": [{"best": 1.0}, {"best": 0.5 + 1e-7}]}, wanted) == ""
    assert difference({"run": [{"best": 1.0}, {"best": 0.501}]}, wanted) == "it.run[1].best is 0.501, wanted 0.5"
    assert difference({"run": [{"best": 1.0}]}, wanted) == "it.run has 1 elements, wanted 2"
    assert difference({"runs": []}, wanted) == "it has ['runs'], wanted ['run']"

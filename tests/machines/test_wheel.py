"""What a wheel and a source distribution hold, as pyproject.toml says: `.ci/run` builds both and looks inside."""

import subprocess
import tomllib
from pathlib import Path

import pytest

from tinygrad_gru.diagram.render.fonts import FILES, FOLDER

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_licences_of_the_program_and_of_the_font_are_named():
    assert PROJECT["project"]["license"] == "MIT AND Bitstream-Vera"
    names = PROJECT["project"]["license-files"]
    assert [ROOT / name for name in names] == [ROOT / "LICENSE", FOLDER / "LICENSE"]
    mit, vera = [(ROOT / name).read_text(encoding="utf-8") for name in names]
    assert "MIT License" in mit
    assert "Bitstream Vera Fonts Copyright" in vera and "Arev Fonts Copyright" in vera


def test_all_of_the_package_is_in_a_wheel_and_nothing_is_left_out():
    build = PROJECT["tool"]["hatch"]["build"]
    assert build == {"targets": {"wheel": {"packages": ["tinygrad_gru"]}}}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no repository")
def test_git_ignores_none_of_the_font_since_a_build_leaves_out_what_git_ignores():
    names = [str((FOLDER / name).relative_to(ROOT)) for name in (*FILES, "LICENSE")]
    done = subprocess.run(["git", "check-ignore", *names], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    listed = subprocess.run(["git", "ls-files", *names], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert sorted(listed.split()) == sorted(names)

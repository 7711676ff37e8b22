"""Building the site: what stands in the way is said in a line, and nothing of somebody else's is written over."""

import importlib.util

import pytest

from website import __main__ as program


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SystemExit, match="error: .* is there and holds no site. try: -o with another folder"):
        program.main(["-o", str(tmp_path)])
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "zensical" else object())
    with pytest.raises(SystemExit, match="error: zensical is not installed. try: make docs"):
        program.main(["-o", str(tmp_path / "site")])


@pytest.mark.parametrize(
    "error", [LookupError("docs/a.md links to b.md, which is no file"), ValueError("f: 'x' stands")]
)
def test_a_page_that_is_not_sound_ends_the_build_in_a_line(error, tmp_path, monkeypatch):
    def build(site):
        raise error

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(program, "build", build)
    with pytest.raises(SystemExit, match=f"error: {error}"):
        program.main(["-o", str(tmp_path / "site")])


@pytest.mark.browser  # its group has Zensical
@pytest.mark.filterwarnings("ignore")
def test_what_zensical_refuses_and_what_the_checker_finds_ends_the_build(tmp_path, monkeypatch):
    def with_page(text):
        def staged(folder, wanted):
            folder.mkdir(parents=True)
            (folder / "index.md").write_text(text)
            (folder / "theme").mkdir()
            (folder / "theme" / "site.css").touch()
            return [{"Start": "index.md"}]

        return staged

    monkeypatch.setattr(program, "staged", with_page("# A\n\n[nowhere](nowhere.md)\n"))
    with pytest.raises(SystemExit, match="(?s)Zensical refused the pages.*page does not exist"):
        program.build(tmp_path / "site")
    monkeypatch.setattr(program, "staged", with_page("# A\n\n![gone](gone.png)\n"))
    with pytest.raises(SystemExit, match="the site is not sound\nindex.html: gone.png is missing"):
        program.build(tmp_path / "site")
    assert not (tmp_path / "site").exists()

"""What stands on the site: each page of docs/ in one section, each link on a page to a place of the site."""

import pytest

from website.staging import CONTENTS, ROOT, Stage, contents, place, staged


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("README.md", "index.md"),
        ("docs/README.md", "pages.md"),
        ("docs/learn/README.md", "learn/index.md"),
        ("docs/training.md", "training.md"),
        ("docs/pictures/gru.svg", "pictures/gru.svg"),
        ("examples/steps/README.md", "examples/steps/index.md"),
        ("tinygrad_gru/core/op.py", "source/tinygrad_gru/core/op.py.md"),
        ("LICENSE", "source/LICENSE.md"),
        ("examples/a.ipynb", "examples/a.ipynb"),
    ],
)
def test_each_file_has_its_place(path, target):
    assert place(path) == target


@pytest.fixture
def repository(tmp_path):
    """A repository with three pages."""
    for name, text in {
        "docs/a.md": "[b](learn/b.md#there), [code](../code.py), [out](https://example.org), [here](#x)\n",
        "docs/learn/b.md": "# There\n\n![p](../p.svg)\n",
        "docs/p.svg": "<svg/>",
        "code.py": "x = 1\n",
    }.items():
        path = tmp_path / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "repository"


def sections(*pages):
    return {"sections": [{"title": "All", "pages": list(pages)}]}


def test_links_lead_to_pages_pictures_and_source(repository, tmp_path):
    navigation = staged(tmp_path / "stage", repository, sections("docs/a.md", "docs/learn/b.md"))
    assert navigation == [{"All": ["a.md", "learn/b.md"]}]
    assert (tmp_path / "stage" / "a.md").read_text() == (
        "[b](learn/b.md#there), [code](source/code.py.md), [out](https://example.org), [here](#x)\n"
    )
    assert "(../p.svg)" in (tmp_path / "stage" / "learn" / "b.md").read_text()
    assert (tmp_path / "stage" / "p.svg").exists()
    assert "x = 1\n" in (tmp_path / "stage" / "source" / "code.py.md").read_text()


def test_a_remark_stands_below_the_heading_of_its_page_and_one_on_no_page_fails_the_build(repository, tmp_path):
    remarks = [{"page": "docs/learn/b.md", "text": "See [a](../a.md)."}]
    wanted = sections("docs/a.md", "docs/learn/b.md") | {"remarks": remarks}
    staged(tmp_path / "stage", repository, wanted)
    page = (tmp_path / "stage" / "learn" / "b.md").read_text()
    assert page.startswith("# There {#there}\n\n*See [a](../a.md).*\n\n")
    remarks[0]["page"] = "docs/c.md"
    with pytest.raises(LookupError, match="remarks on what is no page of site.toml: docs/c.md"):
        staged(tmp_path / "again", repository, wanted)


def test_the_page_of_examples_leads_to_their_files(repository, tmp_path):
    (repository / "examples").mkdir()
    (repository / "examples" / "README.md").write_text("# Examples\n")
    (repository / "examples" / "step01.py").write_text("x = 2\n")
    stage = Stage(repository, tmp_path / "stage")
    stage.page("examples/README.md")
    stage.write_shown()
    page = (tmp_path / "stage" / "examples" / "index.md").read_text()
    assert "[step01.py](../source/examples/step01.py.md)" in page
    assert "x = 2" in (tmp_path / "stage" / "source" / "examples" / "step01.py.md").read_text()


def test_what_a_page_to_be_opened_shows_comes_along(repository, tmp_path):
    (repository / "docs" / "slides.html").write_text('<img src="p.svg">')
    stage = Stage(repository, tmp_path / "stage")
    assert stage.link("docs/a.md", "a.md", "slides.html") == "slides.html"
    stage.write_shown()
    assert (tmp_path / "stage" / "p.svg").exists()


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        (["docs/a.md"], "in no section of site.toml: docs/learn/b.md"),
        (["docs/a.md", "docs/learn/b.md", "docs/a.md"], "in two sections of site.toml: docs/a.md"),
    ],
)
def test_a_page_in_no_section_or_in_two_fails_the_build(pages, message, repository, tmp_path):
    with pytest.raises(LookupError, match=message):
        staged(tmp_path / "stage", repository, sections(*pages))


def test_a_link_that_leads_nowhere_fails_the_build(repository, tmp_path):
    with pytest.raises(LookupError, match=r"docs/a.md links to nothing.md, which is no file"):
        Stage(repository, tmp_path).link("docs/a.md", "a.md", "nothing.md")


def test_every_page_of_docs_stands_in_one_section():
    listed = [page for section in contents()["sections"] for page in section["pages"] if not page.startswith("made:")]
    pages = [page.relative_to(ROOT).as_posix() for page in ROOT.glob("docs/**/*.md")]
    assert sorted(set(pages) - set(listed)) == [], "try: a line in website/site.toml"
    assert len(listed) == len(set(listed)) and all((ROOT / page).is_file() for page in listed)


def test_the_path_comes_first_and_the_sections_are_as_a_reader_looks_for_them():
    titles = [section["title"] for section in contents(CONTENTS)["sections"]]
    assert titles == ["Start", "Learn", "The book", "How to", "Reference", "Comparison", "Teaching"]
    assert contents()["sections"][1]["pages"][0] == "docs/learn/README.md"

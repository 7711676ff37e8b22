"""The workflow that stands ready publishes what `make docs` builds; `.ci/run` builds it too."""

from website.__main__ import SITE
from website.staging import ROOT


def test_the_workflow_builds_the_site_and_uploads_its_folder():
    text = (ROOT / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8")
    assert "- run: make docs\n" in text and f"path: {SITE.relative_to(ROOT)}\n" in text
    assert "branches: [main]" in text


def test_the_group_of_checks_builds_it():
    assert "make docs || status=1" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")

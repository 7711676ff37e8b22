"""What Zensical is told is sound TOML: nothing from outside, and the navigation as it is."""

import tomllib
from pathlib import Path

from website.configuration import configuration


def test_it_is_read_back_with_the_navigation_and_asks_for_no_font_from_outside():
    navigation = [{'A "title"': ["a.md", {"Inner é": ["b.md"]}]}, {"One": "c.md"}]
    told = tomllib.loads(configuration("t", "d", navigation, Path("docs"), Path("site")))["project"]
    assert told["nav"] == navigation and told["theme"]["font"] is False
    assert "plugins" not in told, "its offline plugin adds a script from outside to each page"
    assert [palette.get("scheme") for palette in told["theme"]["palette"]] == [None, "default", "slate"]

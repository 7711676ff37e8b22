"""The command line on the site: each command and each option of the app."""

from tests.compatibility.surface import commands
from website.reference.command_line import page


def test_every_command_and_every_option_is_there():
    text = page()
    for line in commands():
        name, _, option = line.partition(" ")
        part = text.partition(f"{{#{name}}}")[2].partition("\n## ")[0]
        assert part, name
        spelling = option.replace("/", ", ")
        assert not option.startswith("-") or f"| `{spelling}` |" in part, line


def test_an_option_has_its_kind_its_default_and_its_help():
    explain = page().partition("{#explain}")[2].partition("\n## ")[0]
    assert "| `--cell` | str | `gru` | rnn, gru, lstm, or FILE.py:CLASS" in explain
    assert "| `--hidden` | int, 1 to 8 |" in explain and "| `--seed` | int, 0 or more | `0` |" in explain
    assert "unicode, latex, markdown" in explain and "tinygrad-gru explain --cell gru --numbers" in explain

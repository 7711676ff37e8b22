"""Messages and remedies: what the lines that raise say, whichever way they are written."""

from website.reference.remedies import page, raised_in

SOURCE = """
def f(x, names):
    if x < 0:
        raise ShapeError(f"f: got {x}, wanted more than {len(names) + 1}. try: f({x!r})")
    if x > 9:
        raise errors.ArgumentError("too " "large")
    if x == 1:
        raise ArgumentError(f"no {x}. {did_you_mean(x, names)}")
    raise KeyError("not ours")
"""


def test_a_message_is_read_with_its_slots_and_its_remedy(tmp_path):
    file = tmp_path / "package" / "f.py"
    file.parent.mkdir()
    file.write_text(SOURCE)
    assert [(each.error, each.message, each.remedy, each.line) for each in raised_in(file, tmp_path / "package")] == [
        ("ShapeError", "f: got {x}, wanted more than {…}", "f({x})", 4),
        ("ArgumentError", "too large", "", 6),
        ("ArgumentError", "no {x}", "did you mean …?", 8),
    ]


def test_the_page_has_the_messages_of_every_class_that_is_raised_so():
    text = page()
    assert "| assign: {self.summary} wants shape" in text.replace("\\", "")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| message")]
    assert len(rows) > 300 and sum(not line.endswith("|  |") for line in rows) > 150
    assert all(f"{{#{name}}}" in text for name in ("ShapeError", "ConfigError", "FileError", "GraphError"))

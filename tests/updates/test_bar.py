"""A bar that moves."""

import io

from rich.console import Console
from rich.progress import BarColumn

from tinygrad_gru.updates.bar import bar


def test_the_last_figures_stand_behind_the_columns_as_they_are():
    console = Console(file=io.StringIO(), force_terminal=True, width=60, color_system=None)
    with bar(console, 4, "fitting", BarColumn(bar_width=8)) as show:
        show(2, "loss [0.5]")  # no markup
        show(4, "loss [0.25]")
    assert "fitting ━━━━━━━━ loss [0.25]\n" in console.file.getvalue()

"""A bar that moves."""

import io

import pytest
from rich.console import Console
from rich.progress import BarColumn

from tinygrad_gru.updates.bar import bar


def test_the_last_figures_stand_behind_the_columns_as_they_are():
    console = Console(file=io.StringIO(), force_terminal=True, width=60, color_system=None)
    with bar(console, 4, "fitting", BarColumn(bar_width=8)) as show:
        show(2, lambda: "loss [0.5]")  # no markup
        show(4, lambda: "loss [0.25]")
    assert "fitting ━━━━━━━━ loss [0.25]\n" in console.file.getvalue()


def test_figures_are_asked_for_a_few_times_a_second_and_at_the_end_also_of_a_loop_that_fails():
    asked = []
    console = Console(file=io.StringIO(), force_terminal=True, width=60, color_system=None)
    with pytest.raises(ZeroDivisionError), bar(console, 1000) as show:
        for update in range(1, 1001):
            show(update, lambda update=update: asked.append(update) or f"update {update}")
        raise ZeroDivisionError

    assert asked[0] == 1 and asked[-1] == 1000 and len(asked) < 100
    assert "update 1000\n" in console.file.getvalue()


def test_a_bar_of_a_loop_that_never_ran_is_empty():
    console = Console(file=io.StringIO(), force_terminal=True, width=60, color_system=None)
    with bar(console, 3, "fitting"):
        pass
    assert "fitting" in console.file.getvalue()

"""What commands load: a run's checkpoint, a layer, a cell by its name or from a file of the user's."""

from pathlib import Path

import pytest

from tests.cli.runs import make_run
from tinygrad_gru import nn
from tinygrad_gru.cli.loading import (
    cell_named,
    checkpoint_of_run,
    checkpoint_path,
    layer_named,
    title_of,
)
from tinygrad_gru.errors import ConfigError, FileError

MINE = """
import tinygrad_gru as tg

class Mine(tg.nn.Cell):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        if hidden_size == 13:
            raise ValueError("unlucky")

    def step(self, x, state):
        return (x,)

NUMBER = 3
"""


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_run_is_its_best_checkpoint_and_an_npz_is_itself():
    make_run("adding", "gru")
    assert checkpoint_path("last") == checkpoint_path("1") == Path("runs/adding-0001/best.npz")
    assert checkpoint_path("elsewhere/model.npz") == Path("elsewhere/model.npz")
    assert checkpoint_of_run("last").config == checkpoint_of_run("runs/adding-0001/best.npz").config
    with pytest.raises(FileError, match="no such run: 7"):
        checkpoint_path("7")


@pytest.mark.parametrize(("name", "kind"), [("rnn", "RNN"), ("gru", "GRU"), ("lstm", "LSTM")])
def test_a_layer_and_a_cell_have_the_name_of_their_kind(name, kind):
    layer, cell = layer_named(name, 2, 3, False), cell_named(name, 2, 3, False)
    assert (type(layer), layer.input_size, layer.hidden_size) == (getattr(nn, kind), 2, 3)
    assert type(cell) is getattr(nn, f"{kind}Cell")


def test_reset_after_is_an_option_of_the_gru_alone():
    assert layer_named("gru", 2, 3, True).cell.reset_after
    assert isinstance(cell_named("gru", 2, 3, True), nn.ResetAfterGRUCell | nn.GRUCell)
    for load in (layer_named, cell_named):
        with pytest.raises(ConfigError, match="reset-after: only a gru has a reset gate, got --cell lstm. try: --cell"):
            load("lstm", 2, 3, True)


def test_a_cell_of_the_users_is_a_class_in_a_file():
    Path("mine.py").write_text(MINE)
    cell = cell_named("mine.py:Mine", 2, 3, False)
    assert (type(cell).__name__, cell.input_size, cell.hidden_size) == ("Mine", 2, 3)


@pytest.mark.parametrize(
    ("name", "hidden", "message"),
    [
        ("gur", 3, "cell: got 'gur', wanted rnn, gru, lstm or FILE.py:CLASS. did you mean gru?"),
        ("nowhere.py:Mine", 3, "cell: there is no file nowhere.py. try: the path of a file of Python"),
        ("mine.py:Min", 3, "cell: there is no Min in mine.py. try: mine.py:Mine"),
        ("mine.py:", 3, "cell: there is no class in mine.py. try: mine.py:Mine"),
        ("mine.py:NUMBER", 3, "cell: NUMBER in mine.py is no cell. try: class NUMBER"),
        ("mine.py:Mine", 13, r"cell: Mine\(input_size, hidden_size\): ValueError: unlucky at mine.py:8. try: --debug"),
        ("broken.py:Mine", 3, "cell: broken.py: NameError: name 'oops' is not defined at broken.py:1. try: --debug"),
        ("empty.py:Mine", 3, "cell: there is no Mine in empty.py. try: empty.py:CLASS"),
    ],
)
def test_a_cell_that_cannot_be_loaded_is_one_line(name, hidden, message):
    Path("mine.py").write_text(MINE)
    Path("broken.py").write_text("oops\n")
    Path("empty.py").touch()
    with pytest.raises(ConfigError, match=message):
        cell_named(name, 2, hidden, False)


def test_a_layer_of_the_users_cell_is_tried_before_it_is_used():
    Path("mine.py").write_text(MINE + "\n\nclass Bad(tg.nn.Cell):\n    def step(self, x, h):\n        return 1 / 0\n")
    with pytest.raises(ConfigError, match="cell: Bad.step: ZeroDivisionError: division by zero at mine.py:18"):
        layer_named("mine.py:Bad", 2, 3, False)
    assert (title_of("mine.py:Mine"), title_of("gru")) == ("Mine", "GRU")

"""What a sweep varies: every form is read, and what cannot be used is refused before anything runs."""

import pytest

from tinygrad_gru.errors import ConfigError
from tinygrad_gru.training.experiments.search_space import Choices, Range, read_space


def test_every_form_is_read_by_the_kind_of_the_setting():
    space = read_space(
        "adding", ["lr=log:1e-4:1e-1", "clip=0.5:2", "length=10:20", "hidden=32, 64", "cell=gru,lstm", "updates=50"]
    )
    assert space.varied == {
        "lr": Range(1e-4, 1e-1, log=True),
        "clip": Range(0.5, 2.0),
        "length": Range(10, 20),
        "hidden": Choices((32, 64)),
        "cell": Choices(("gru", "lstm")),
    }
    assert space.fixed == {"updates": 50}
    assert type(space.varied["length"].low) is int and type(space.varied["clip"].high) is float


def test_a_trial_has_the_fixed_settings_its_values_and_else_those_of_the_task():
    space = read_space("adding", ["final-lr=0.1,0.5", "updates=50"], {"hidden": 8, "lr": None})
    config = space.config({"final_lr": 0.5})
    assert (config.updates, config.hidden, config.final_lr) == (50, 8, 0.5)
    assert config.lr == read_space("adding", ["hidden=4,8"]).config({}).lr


def test_spaces_are_told_apart_by_what_they_are_remembered_as():
    one = read_space("adding", ["lr=log:1e-4:1e-1", "hidden=4,8"]).as_dict()
    assert one == read_space("adding", ["hidden=4,8", "lr=log:0.0001:0.1"]).as_dict()
    for other in (["lr=1e-4:1e-1", "hidden=4,8"], ["lr=log:1e-4:1e-1", "hidden=4:8"], ["lr=log:1e-4:1e-1"]):
        assert one != read_space("adding", other).as_dict()


def test_the_order_in_which_they_are_given_does_not_matter():
    assert list(read_space("adding", ["lr=1:2", "hidden=4,8"]).varied) == ["hidden", "lr"]


def test_a_file_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("ab" * 100)
    assert read_space("chars", ["file=a.txt", "hidden=4,8"]).fixed["file"] == str(tmp_path / "a.txt")


def test_a_list_of_words_is_one_value():
    assert read_space("table", ["targets=a,b", "hidden=4,8"]).fixed["targets"] == ["a", "b"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ([], "nothing varies"),
        (["updates=50"], "nothing varies"),
        (["lr"], "got 'lr', wanted NAME=VALUES"),
        (["lr="], "wanted NAME=VALUES"),
        (["hiden=4,8"], "unknown setting 'hiden'. did you mean hidden?"),
        (["task=adding,order"], "unknown setting 'task'"),
        (["lr=0.1,0.01", "lr=0.5"], "lr is given twice"),
        (["hidden=4.5,8"], "hidden: got '4.5', wanted a whole number"),
        (["lr=small,large"], "lr: got 'small', wanted a number"),
        (["lr=log:0:1"], "begins above 0"),
        (["lr=1:0.1"], "is no range"),
        (["lr=1:1"], "is no range"),
        (["lr=1:inf"], "is no range"),
        (["lr=1:2:3"], "got '2:3'"),
        (["hidden=4,4"], "names a value twice"),
        (["hidden=0:4"], "hidden: got 0"),
        (["final_lr=0.5:2"], "final_lr: got 2.0"),
        (["cell=gru,grw"], "did you mean gru?"),
        (["cell=gru,rnn", "keep_bias=1:3"], "an rnn has no gate"),
        (["hidden=4,8", "keep_bias=1:3", "cell=rnn"], "an rnn has no gate"),
        (["file=-", "hidden=4,8"], "cannot read the same stdin"),
        (["horizon=1:3"], "unknown setting 'horizon'"),
    ],
)
def test_what_cannot_be_used_is_refused(params, message):
    with pytest.raises(ConfigError) as caught:
        read_space("adding", params)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)

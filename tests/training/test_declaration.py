"""A setting is declared once: its range, choices, kind and default, as a field of a dataclass."""

from dataclasses import dataclass

import pytest

from tinygrad_gru.errors import ConfigError
from tinygrad_gru.tasks import CELLS, TASKS
from tinygrad_gru.tasks.own_data.forecasting import LONGEST_HORIZON
from tinygrad_gru.training.config import SETTINGS
from tinygrad_gru.training.declaration import setting, settings_of, words_of, written


@dataclass(frozen=True)
class Declared:
    """Settings of every kind."""

    size: int = setting("How large.", least=1, most=9)
    rate: float = setting("How fast.", above=0)
    share: float = setting("How much.", default=0.5, above=0, most=1, example=0.5)
    decay: float = setting("How little.", default=0.0, least=0, example=0.01)
    form: str = setting("Which.", default="round", choices=("round", "square"))
    file: str | None = setting("Where.", default=None, path=True, example="a.txt")
    column: str | None = setting("Which column.", default=None, tasks=("table",), example="a")
    columns: list[str] | None = setting(  # noqa: RUF009 (it returns a field)
        "Which columns.", default=None, tasks=("table",), example=["a", "b"]
    )


S = settings_of(Declared)


def test_kind_default_and_name_come_from_the_field():
    kinds = {"size": int, "rate": float, "share": float, "decay": float, "form": str, "file": str, "column": str}
    assert {name: setting.kind for name, setting in S.items()} == kinds | {"columns": list}
    assert {name: setting.default for name, setting in S.items() if not setting.required} == {
        "share": 0.5, "decay": 0.0, "form": "round", "file": None, "column": None, "columns": None,
    }  # fmt: skip
    assert [name for name, setting in S.items() if setting.of_the_task] == ["size", "rate"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 1), ("size", 9), ("rate", 1e-300), ("rate", 1e308), ("share", 1), ("decay", 0), ("form", "square"),
        ("file", "caf\udce9"), ("column", ""), ("columns", ["a,b", ""]), ("file", None), ("columns", None),
    ],
)  # fmt: skip
def test_what_is_in_range_is_returned_and_fractions_are_floats(name, value):
    checked = S[name].check(value)
    assert checked == value and (checked is None or type(checked) is S[name].kind)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("size", 0, "size: got 0, wanted a whole number from 1 to 9. try: --size 3"),
        ("size", 10, "size: got 10, wanted a whole number from 1 to 9. try: --size 3"),
        ("size", True, "size: got True, wanted a whole number from 1 to 9. try: --size 3"),
        ("size", 1.0, "size: got 1.0, wanted a whole number from 1 to 9. try: --size 3"),
        ("size", None, "size: got None, wanted a whole number from 1 to 9. try: --size 3"),
        ("rate", 0, "rate: got 0, wanted a finite number above 0. try: --rate 3"),
        ("rate", float("inf"), "rate: got inf, wanted a finite number above 0. try: --rate 3"),
        ("rate", float("nan"), "rate: got nan, wanted a finite number above 0. try: --rate 3"),
        ("rate", "1", "rate: got 1, wanted a finite number above 0. try: --rate 3"),
        ("share", 1.5, "share: got 1.5, wanted a number above 0, at most 1. try: --share 3"),
        ("decay", -0.1, "decay: got -0.1, wanted a finite number of at least 0. try: --decay 3"),
        ("form", "squar", "form: got 'squar', wanted round or square. did you mean square?"),
        ("form", None, "form: got None, wanted round or square. try: round, square"),
        ("file", "", "file: got '', wanted a path. try: --file 3"),
        ("column", 3, "column: got 3, wanted a word. try: --column 3"),
        ("columns", [], "columns: got [], wanted a list of words. try: --columns 3"),
        ("columns", ["a\0"], "columns: got ['a\\x00'], wanted a list of words. try: --columns 3"),
    ],
)
def test_what_is_not_is_refused_in_one_sentence(name, value, message):
    with pytest.raises(ConfigError) as caught:
        S[name].check(value, 3)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if setting.example is not None])
def test_each_example_is_a_good_value_that_a_command_line_reads_back(name):
    declared = SETTINGS[name]
    assert declared.read(written(declared.example)) == declared.check(declared.example) == declared.example


def test_settings_without_an_example_have_one_of_the_task():
    without = {name for name, setting in SETTINGS.items() if setting.example is None}
    assert without == {"task", "cell", *(name for name, setting in SETTINGS.items() if setting.of_the_task)}
    assert all(name in task.defaults for task in TASKS.values() for name in without - {"task", "cell"})


def test_the_declared_choices_and_tasks_are_those_that_there_are():
    assert SETTINGS["cell"].choices == tuple(CELLS)
    assert SETTINGS["horizon"].most == LONGEST_HORIZON
    assert {task for setting in SETTINGS.values() for task in setting.tasks} <= TASKS.keys()


def test_each_help_is_a_sentence():
    assert [name for name, setting in SETTINGS.items() if not setting.help.endswith(".") or "\n" in setting.help] == []


def test_a_list_of_words_is_read_back():
    for words in (["a"], ["a,b", "c"], ['5" pipe'], ["a\nb", "c\r\nd"], [""], [" a ", "é"]):
        assert words_of(written(words)) == words


def test_a_setting_without_bounds_takes_any_finite_number():
    @dataclass(frozen=True)
    class Unbounded:
        shift: float = setting("How far.", default=0.0)
        turns: int = setting("How often.", default=0)
        at_most: float = setting("How far at most.", default=0.0, most=2)

    unbounded = settings_of(Unbounded)
    assert unbounded["shift"].check(-1e300) == -1e300 and unbounded["turns"].check(-5) == -5
    wanted = {"shift": "a finite number", "turns": "a whole number from -1000000000 to 1000000000"}
    assert {name: declared.wanted for name, declared in unbounded.items()} == wanted | {
        "at_most": "a number, at most 2"
    }
    for value in (float("nan"), float("inf"), -float("inf")):
        with pytest.raises(ConfigError, match="wanted a finite number. try: --shift 0"):
            unbounded["shift"].check(value)


def test_a_kind_that_no_option_and_no_toml_is_made_of_is_refused_where_it_is_declared():
    @dataclass(frozen=True)
    class Wrong:
        pair: dict[str, int] = setting("What.", default=None)  # noqa: RUF009

    with pytest.raises(TypeError, match="pair: a setting is an int, float, bool, str or list"):
        settings_of(Wrong)

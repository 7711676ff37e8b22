"""Every command with odd values, one at a time: it works, or it is refused in one line that says what to try.

One in fifty of the invocations, in which each option has its turn; all of them with TINYGRAD_GRU_SOAK=1.
"""

import contextlib
from pathlib import Path

import pytest

from tests.cli.odd_values import Place, good_lines, invocations, parameters, violations, without_a_line
from tests.cli.test_changed_data import written
from tests.conftest import SOAK
from tests.faults.session import good_run
from tinygrad_gru.cli import app, main
from tinygrad_gru.cli.streams import write
from tinygrad_gru.errors import ConfigError, DataError, shortened
from tinygrad_gru.terminal import say


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with runs of four tasks and the data of each, made once."""
    import matplotlib.figure  # noqa: F401  # which makes a cache of its own, elsewhere, when it is first imported

    folder = tmp_path_factory.mktemp("odd") / "place"
    (folder / "folder").mkdir(parents=True)
    (folder / "folder/note").write_text("mine")
    (folder / "text.txt").write_text(written("chars"))
    (folder / "labelled.csv").write_text(written("labelled"))
    (folder / "numbers.csv").write_text(written("forecast"))
    (folder / "groups.csv").write_text(written("groups"))
    (folder / "lines.txt").write_text("a good film\n")
    (folder / "small.toml").write_text("hidden = 4\nlength = 5\nbatch = 2\nupdates = 2\n")
    (folder / "course.toml").write_text('exercises = ["gru_step", "slopes"]\n')
    with contextlib.chdir(folder):
        runs = Path("runs")
        runs.mkdir()
        good_run(runs / "adding-0001", cell="gru-after")  # which PyTorch has, too
        good_run(runs / "chars-0002", "chars", file="text.txt")
        good_run(runs / "labelled-0003", "labelled", file="labelled.csv")
        good_run(runs / "table-0004", "table", file="numbers.csv")
        assert main(["export", "runs/adding-0001", "-o", "model.safetensors", "--quiet"]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tinygrad_gru.cli.commands.demo.UPDATES", 2)
        yield Place(folder)


def test_every_command_and_every_option_has_a_line():
    assert without_a_line() == []


@pytest.mark.parametrize("line", good_lines(), ids=" ".join)
def test_the_lines_are_good(line, place):
    outcome = place.run(line)
    assert (outcome.code, outcome.escaped) == (0, None), outcome.err
    assert violations(outcome) == []


CHOSEN = invocations() if SOAK else invocations()[::50]


@pytest.mark.parametrize("command", parameters())
def test_an_odd_value_is_used_or_refused_in_a_line(command, place):
    wrong = {}
    for each in CHOSEN:
        if each.words[0] == command:
            outcome = place.run(each.words)
            if found := violations(outcome):
                wrong[repr(each.words)] = (found, outcome.err[-500:])
    assert wrong == {}


def test_one_in_fifty_has_each_option_of_each_command():
    whole = {(each.words[0], each.parameter) for each in invocations()}
    flags = {(command, name) for command, kinds in parameters().items() for name in kinds if kinds[name] == "flag"}
    assert whole - {(each.words[0], each.parameter) for each in invocations()[::50]} <= flags
    assert len(whole) > 200 and len(invocations()) > 10_000


# --- it is noticed ---------------------------------------------------------------------------------------------------


def raises():
    raise ValueError("planted")


def raises_not_only_exceptions():
    raise SystemExit("planted")


def prints_an_escape():
    import sys

    sys.stdout.write("\x1b[31mred")


def prints_a_traceback():
    say("Traceback (most recent call last):")


def says_two_lines():
    say("error: planted. try: nothing")
    raise ConfigError("planted. try: nothing")


def says_more_than_the_error():
    say("about to fail")
    raise ConfigError("planted. try: nothing")


def does_not_say_what_to_try():
    raise DataError("planted")


def says_an_error_and_ends_well():
    say("error: planted. try: nothing")


def ends_with_another_code():
    import typer

    raise typer.Exit(3)


def says_long_lines():
    say("error: " + "planted " * 100 + "try: nothing")
    import typer

    raise typer.Exit(1)


def writes_elsewhere():
    Path("../elsewhere").write_text("planted")


def writes_over_data():
    Path("text.txt").write_text("planted")


def leaves_a_temporary_file():
    Path(".text.txt.0123.tmp").write_text("planted")


PLANTED = {
    raises: "raises ValueError: planted",
    raises_not_only_exceptions: "raises SystemExit: planted",
    prints_an_escape: "stdout holds ['\\x1b']",
    prints_a_traceback: "a traceback",
    says_two_lines: "2 lines of error",
    says_more_than_the_error: "it says more than the line of error",
    does_not_say_what_to_try: "it does not say what to try",
    says_an_error_and_ends_well: "an error, and exit code 0",
    ends_with_another_code: "exit code 3",
    says_long_lines: "a line of 819 characters",
    writes_elsewhere: "outside its folder: open",
    writes_over_data: "changed ",
    leaves_a_temporary_file: "left ",
}


@pytest.fixture
def planted(monkeypatch):
    """A function that adds a command to the app for one test."""
    monkeypatch.setattr(app, "registered_commands", list(app.registered_commands))
    return lambda command: app.command("planted")(command)


@pytest.mark.parametrize("command", PLANTED, ids=lambda command: command.__name__)
def test_a_planted_fault_is_noticed(command, planted, place):
    planted(command)
    assert any(found.startswith(PLANTED[command]) for found in violations(place.run(["planted"])))
    assert (place.folder / "text.txt").read_text() == written("chars")  # and the next finds its folder as it was


def test_a_command_that_does_not_end_is_noticed(planted, place, monkeypatch):
    monkeypatch.setattr("tests.cli.odd_values.SECONDS", 0.2)

    @planted
    def never_ends():
        while True:
            pass

    assert violations(place.run(["planted"])) == ["longer than 0.2 s"]


def test_a_good_command_is_not_accused(planted, place):
    @planted
    def good():
        say("this and that")
        write("1")

    assert violations(place.run(["planted"])) == []


def test_a_new_command_and_a_new_option_are_missed(planted):
    @planted
    def new(number: int = 1):
        """Which nobody has written a line for."""

    assert without_a_line() == ["planted", "planted --number"]


@pytest.mark.parametrize("value", ["x" * 5000, "ab " * 2000], ids=["a long word", "many words"])
def test_of_a_long_message_the_middle_is_left_out_and_what_to_try_stays(value):
    line = str(ConfigError(f"label: got {value!r}, wanted a column. try: --label {value}"))
    assert len(line) <= 2000 and line.startswith("label: got '") and " try: --label " in line
    assert shortened("short. try: it", 400) == "short. try: it"
    assert shortened(f"{value}. try: another", 400).endswith(" try: another")


def test_of_a_message_with_two_paths_both_stay_whole_and_what_is_between_them_is_cut():
    path = "/home/somebody/" + "runs-of-this-year/" * 6 + "best.npz"  # 131 characters
    advice = f"try: tinygrad-gru eval {path}"
    line = shortened(f"error: {path} does not fit: {'a weight is not there; ' * 20}{advice}", 400)
    assert len(line) == 400 and line.startswith(f"error: {path} does not fit: a weight")
    assert line.endswith(f" … {advice}")

"""What Typer refuses is said in our form: what, got, wanted, and the nearest name or what to try."""

from typing import Annotated, Literal

import pytest
import typer

from tinygrad_gru.cli.usage import UsageError, usage_message

app = typer.Typer()


@app.command()
def draw(
    cell: Annotated[Literal["rnn", "gru", "lstm"], typer.Option()] = "gru",
    theme: Annotated[Literal["light", "dark"] | None, typer.Option("--theme", "-t")] = None,
    length: Annotated[int | None, typer.Option(min=1, max=30)] = None,
    hidden: Annotated[int, typer.Option(min=1)] = 4,
    rate: Annotated[float, typer.Option(min=0)] = 0.5,
    number: int = 0,
) -> None:
    """A command with choices and ranges."""


def refusal(*words):
    with pytest.raises(UsageError) as caught:
        app([*words], prog_name="draw", standalone_mode=False)
    return usage_message(caught.value, words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--cell", "grw"], "cell: got 'grw', wanted rnn, gru or lstm. did you mean gru?"),
        (["--cell=LSTM"], "cell: got 'LSTM', wanted rnn, gru or lstm. did you mean lstm?"),
        (["--cell", "transformer"], "cell: got 'transformer', wanted rnn, gru or lstm. try: --cell gru"),
        (["--theme", "blue"], "theme: got 'blue', wanted light or dark. try: --theme light"),
        (["--length", "0"], "length: got 0, wanted a whole number from 1 to 30. try: --length 1"),
        (["--length=31"], "length: got 31, wanted a whole number from 1 to 30. try: --length 1"),
        (["--length", "many"], "length: got 'many', wanted a whole number from 1 to 30. try: --length 1"),
        (["--hidden", "-3"], "hidden: got -3, wanted a whole number of at least 1. try: --hidden 4"),
        (["--rate=-0.1"], "rate: got -0.1, wanted a number of at least 0. try: --rate 0.5"),
    ],
    ids=" ".join,
)
def test_a_value_out_of_choices_or_range_is_named_with_what_was_wanted(words, message):
    assert refusal(*words) == message


def test_of_an_option_given_twice_the_last_value_counts():
    assert refusal("--hidden", "5", "--hidden", "0").startswith("hidden: got 0, wanted")


def test_an_option_without_choices_or_a_range_keeps_the_message_of_typer():
    message = refusal("--number", "many")
    assert message.startswith("invalid value for '--number': ") and message.endswith(". try: draw --help")


def test_an_unknown_option_brings_the_nearest_one():
    assert refusal("--hiden", "3") == "no such option: --hiden. did you mean --hidden? try: draw --help"
    assert refusal("--zzz") == "no such option: --zzz. try: draw --help"


def test_a_value_that_is_missing_is_no_refused_value():
    assert refusal("--cell").startswith("option '--cell' requires an argument")

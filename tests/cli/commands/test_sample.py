"""`tinygrad-gru sample`: text of a run of chars, examples of any other."""

import pytest

from tests.cli.runs import FACTS, make_run
from tinygrad_gru.cli import main


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    """A folder with an untrained run of adding, and one of chars."""
    monkeypatch.chdir(tmp_path)
    make_run("adding", "gru")
    make_run("chars", "lstm")


def test_text_has_the_length_asked_for_and_letters_of_the_vocabulary(capsys):
    assert main(["sample", "chars-0002", "--length", "50"]) == 0
    text = capsys.readouterr().out
    assert len(text) == 51 and set(text) <= set(FACTS["chars"]["vocabulary"])


def test_it_goes_on_from_the_prompt_and_the_same_seed_writes_the_same(capsys):
    texts = []
    for seed in ("1", "1", "2"):
        assert main(["sample", "chars-0002", "--prompt", "abc", "--length", "30", "--seed", seed]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0].startswith("abc") and texts[0] == texts[1] != texts[2]


def test_without_text_there_are_as_many_examples_as_asked_for(capsys):
    assert main(["sample", "adding-0001", "--count", "3"]) == 0
    head, *examples = capsys.readouterr().out.splitlines()
    assert head.split() == ["input", "true", "predicted"] and len(examples) == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["adding-0001", "--prompt", "a"], "prompt: adding-0001 is a run of adding, which writes no text. try: tiny"),
        (["adding-0001", "--count", "0"], "count: got 0, wanted a whole number from 1 to 100000. try: --count 5"),
        (["chars-0002", "--length=-1"], "length: got -1, wanted a whole number from 0 to 1000000. try: --length 300"),
        (["chars-0002", "--temperature=-1"], "temperature: got -1, wanted a number of at least 0. try: --temperature"),
        (["chars-0002", "--temperature", "nan"], "temperature: got nan, wanted a number of at least 0. try: --temper"),
        (["chars-0002", "--prompt", "?"], "prompt: '?' was never seen in training. try: the characters "),
    ],
    ids=lambda value: " ".join(value[1:]) if isinstance(value, list) else "",
)  # fmt: skip
def test_what_does_not_fit_is_one_line(words, message, capsys):
    assert main(["sample", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"error: {message}") and err.count("\n") == 1

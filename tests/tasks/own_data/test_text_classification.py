"""The user's own texts: what is held out, what the baselines are, and what of a run is used again."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import CheckpointError, ConfigError, DataError
from tinygrad_gru.tasks import Labelled
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.data.tokens import words_of
from tinygrad_gru.tasks.own_data.text_classification import _split

ROWS = [
    (f"{a} {b} text {i}", "yes" if a == "good" else "no") for i in range(10) for a in ("good", "bad") for b in "xyz"
]


def as_csv(rows=ROWS):
    return Source("in", "text,label\n" + "".join(f"{text},{label}\n" for text, label in rows), "csv")


class Yes:
    """Answers the second label, yes."""

    def __call__(self, codes, lengths=None):
        return np.eye(2, dtype=np.float32)[np.ones(codes.shape[1], int)]


def test_equal_texts_are_on_one_side_and_a_fifth_is_held_out():
    texts = [f"t{i % 50}" for i in range(500)]
    known, held_out = _split(texts)
    assert len(known) == 400 and len(held_out) == 100
    assert not {texts[i] for i in known} & {texts[i] for i in held_out}


def test_labels_and_words_are_those_of_the_texts_to_train_on():
    task = Labelled(as_csv(), length=5)
    assert task.labels == ["no", "yes"] and task.words[:2] == ["", "text"]
    assert {"good", "bad", "x"} <= set(task.words)
    (x, y, lengths) = next(task.batches(np.random.default_rng(0), 500))
    assert x.shape == (4, 500) and (lengths == 4).all()
    first = [task.words[code] for code in x[0]]
    assert all(word in ("good", "bad", "") for word in first) and "" in first  # some words are hidden
    assert all(y[b] == (word == "good") for b, word in enumerate(first) if word)


def test_baselines_are_measured_on_the_held_out_texts():
    task = Labelled(as_csv(), length=5)
    named = {name.split()[0]: value for name, value in task.baselines.items()}
    assert named["bag"] == 0  # here a word is enough
    assert task.evaluate(Yes()) == pytest.approx(np.mean(task._y[task._held_out] == 0))
    assert task.evaluate(Yes()) == pytest.approx(1 - named["always"])  # which says no


def test_another_file_is_tested_whole_in_the_words_of_the_run():
    task = Labelled(as_csv(), length=5)
    other = Labelled(as_csv([("good", "yes"), ("never seen", "no")] * 3), 5, json.loads(json.dumps(task.facts)))
    assert (other.words, other.labels, len(other._held_out)) == (task.words, task.labels, 6)
    assert other.evaluate(Yes()) == 0.5
    own = Labelled(as_csv(), 5, task.facts)
    np.testing.assert_array_equal(own._held_out, task._held_out)
    with pytest.raises(DataError, match="in, line 2: label 'maybe' was never seen in training: wanted no, yes"):
        Labelled(as_csv([("good", "maybe")]), 5, task.facts)


def test_texts_are_answered_in_batches_and_in_order():
    task = Labelled(as_csv(), length=5)
    with tg.seed(0):
        model = task.model("gru", 4)
    texts = [f"good {'x ' * (i % 7)}bad" for i in range(150)]
    rows = list(Labelled.predict(model, task.facts, Source("in", "\n".join(texts))))
    assert [row["text"] for row in rows] == texts
    alone = next(Labelled.predict(model, task.facts, Source("in", texts[77])))
    assert alone["predicted"] == rows[77]["predicted"]
    assert alone["probability"] == pytest.approx(rows[77]["probability"], abs=2e-4)


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([], "in holds no texts"),
        ([("a", "x"), ("b", "")], "in, line 3: label is missing"),
        ([(f"a{i}", "x") for i in range(20)], "in holds 1 different labels, such as 'x', wanted 2 to 100"),
        ([(f"a{i}", i) for i in range(200)], "in holds 200 different labels"),
        ([("a", "x"), ("b", "y")] * 20, "in holds 2 different texts, wanted 10 at least"),
    ],
)
def test_what_nothing_can_be_learned_from_is_refused(rows, complaint):
    with pytest.raises(DataError) as told:
        Labelled(as_csv(rows), length=5)
    assert str(told.value).startswith(complaint)


def test_a_file_is_needed_and_it_must_say_what_is_what(tmp_path):
    with pytest.raises(ConfigError, match="labelled needs texts. try: --file"):
        Labelled.create(5)
    with pytest.raises(DataError, match="wanted CSV with the columns text and label, or JSONL"):
        Labelled(Source("in", "good,yes"), 5)


def test_stdin_may_hold_csv_or_jsonl(monkeypatch):
    lines = [json.dumps({"text": text, "label": label}) for text, label in ROWS]
    for text in ("\n".join(lines), as_csv().text):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        task = Labelled.create(5, Path("-"))
        assert (len(task.texts), task.labels) == (len(ROWS), ["no", "yes"])


def test_facts_that_cannot_be_used_are_refused():
    for facts in ({}, {"words": [], "labels": ["a", "b"]}, {"words": ["", 3], "labels": ["a", "b"]}):
        with pytest.raises(CheckpointError, match="the checkpoint's words"):
            Labelled.build("gru", 4, facts)


@pytest.mark.parametrize("text", ["", " ", "\u00a0"])
def test_an_empty_text_is_refused_with_its_line(text):
    with pytest.raises(DataError, match="in, line 4: text is empty. try: a text, or --skip-bad"):
        Labelled(as_csv([*ROWS[:2], (text, "no"), *ROWS[2:]]), 5)
    task = Labelled(as_csv(), 5)
    with pytest.raises(DataError, match="in, line 2: text is empty"):
        list(Labelled.predict(Yes(), task.facts, Source("in", f"text,a\n{text},b\n", "csv")))


def test_a_word_is_the_same_however_its_accents_are_written():
    one, two = "caf\u00e9 au lait", "cafe\u0301 au lait"
    assert words_of(one) == words_of(two) == ["caf\u00e9", "au", "lait"]
    task = Labelled(as_csv([*ROWS, (one, "no"), (two, "no")]), 5)
    assert task.texts[-2:] == [one, two]  # shown as they were written
    sides = [n - 1 in task._held_out for n in (len(task.texts) - 1, len(task.texts))]
    assert sides[0] == sides[1]


MANY = [(f"{a} text {i}", "yes" if a == "good" else "no") for i in range(100) for a in ("good", "bad")]


def test_a_tenth_of_the_texts_to_train_on_chooses_the_weights():
    task = Labelled(as_csv(MANY), 5)
    sides = [set(side) for side in (task._train, task._validation, task._held_out)]
    assert [len(side) for side in sides] == [144, 16, 40] and len(set.union(*sides)) == 200
    assert "40 are held out, 16 more choose the weights that are kept" in task.data
    few = Labelled(as_csv(MANY[:60]), 5)
    assert "12 are held out, and choose the weights that are kept, which flatters them" in few.data
    other = Labelled(as_csv(MANY[60:120]), 5, few.facts)
    assert "60 are held out · " in other.data
    with tg.seed(0):
        model = task.model("gru", 4)
    model.eval()
    batch = task._batch(task._validation)
    wanted = tg.nn.losses.cross_entropy(model(*batch[::2], task._bag.without(*batch[:2])), batch.y).item()
    assert task.validate(model) == pytest.approx(wanted, rel=1e-5)
    assert Labelled(as_csv(), 5).validate(model) is None  # 60 texts are too few


def test_equal_texts_to_train_on_and_for_validation_are_on_one_side():
    task = Labelled(as_csv(MANY * 3), 5)
    sides = [{task.texts[i] for i in side} for side in (task._train, task._validation, task._held_out)]
    assert len(set.union(*sides)) == sum(map(len, sides)) == 200


def test_a_seed_of_its_own_draws_another_split_which_a_run_remembers():
    first, other, again = (Labelled(as_csv(MANY), 5, split_seed=seed) for seed in (None, 1, 1))
    assert set(first._held_out) != set(other._held_out) and set(other._held_out) == set(again._held_out)
    facts = json.loads(json.dumps(other.facts))
    own = Labelled(as_csv(MANY), 5, facts)
    assert facts["split_seed"] == 1 and set(own._held_out) == set(other._held_out)
    assert set(own._validation) == set(other._validation) and own._bag.as_facts() == other._bag.as_facts()


def test_the_network_starts_from_the_answer_of_its_bag_of_words():
    task = Labelled(as_csv(MANY), 5)
    with tg.seed(0):
        model = task.model("gru", 4)
    assert task.evaluate(model) == task.baselines["bag of words"] == 0  # before any training
    old = {name: value for name, value in task.facts.items() if name not in ("bag", "validation")}
    assert "trust" not in Labelled.build("gru", 4, old).state_dict()  # a run of an earlier version


def test_a_file_without_names_is_told_how_to_read_it(tmp_path):
    (tmp_path / "in.txt").write_text("".join(f"good\tfine {i}\nbad\tawful {i}\n" for i in range(10)))
    with pytest.raises(DataError, match="--header no --text 'column 1' --label 'column 2' if these are no names"):
        Labelled.create(5, tmp_path / "in.txt")
    named = Labelled.create(5, tmp_path / "in.txt", header="no", text="column 2", label="column 1")
    assert sorted(named.labels) == ["bad", "good"]


def test_a_text_that_is_looked_at_has_all_its_words_though_in_training_some_are_masked(tmp_path):
    (tmp_path / "in.csv").write_text(
        "text,label\n" + "".join(f"all of it {i % 30} is good,{i % 2}\n" for i in range(90))
    )
    task = Labelled.create(8, tmp_path / "in.csv")
    for seed in range(20):
        x, words = task.one_sequence(np.random.default_rng(seed), 5)
        assert x.shape == (5, 1) and words[:3] == ["all", "of", "it"] and (x > 0).all()
    masked = [next(task.batches(np.random.default_rng(seed), 1)).x for seed in range(20)]
    assert any((x == 0).any() for x in masked)

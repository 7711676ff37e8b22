"""What trained networks read to be looked at: the same from the same seed, cut where it is long."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ConfigError
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.training import Checkpoint, Config
from tinygrad_gru.training.runs.sequences import common_sequences, recorded_loss, sequence_of_task


def checkpoint(task="adding", cell="gru", length=6, **facts):
    """A run that was never trained."""
    with tg.seed(7):
        model = TASKS[task].build(cell, 4, facts)
    return Checkpoint(model, Config.of(task, cell, hidden=4, length=length), facts, 1)


def test_the_loss_is_called_L_and_has_the_graph_down_to_the_weights():
    run = checkpoint()
    loss = recorded_loss(run, 3, seed=0)
    assert (loss.name, loss.shape) == ("L", ())
    loss.backward()
    assert all(p.grad is not None for p in run.model.parameters())


def test_the_same_seed_draws_the_same_and_another_seed_another():
    losses = [float(recorded_loss(checkpoint(), 3, seed).data) for seed in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]


def test_a_sequence_has_a_label_for_each_step_and_is_cut_at_the_longest():
    for longest, steps in ((100, 6), (4, 4)):
        x, labels = sequence_of_task(checkpoint(), 0, longest)
        assert x.shape == (steps, 1, 2) and len(labels) == steps


def test_two_runs_of_a_task_read_the_same_sequence():
    sequences, steps = common_sequences([checkpoint(), checkpoint(cell="lstm")], "", 5, 0, 100)
    (x, labels), (other_x, other_labels) = sequences
    assert steps == len(labels) == 5 and labels == other_labels and (x == other_x).all()


def test_a_text_is_read_in_the_vocabulary_of_each_network():
    runs = [checkpoint("chars", vocabulary="abc "), checkpoint("chars", vocabulary="cb a")]
    sequences, steps = common_sequences(runs, "cab", None, 0, 100)
    assert steps == 3 and [labels for _, labels in sequences] == [["c", "a", "b"]] * 2
    assert [x[:, 0].tolist() for x, _ in sequences] == [[2, 0, 1], [0, 3, 1]]


def test_without_a_text_the_vocabulary_is_read_over_and_over_and_cut_where_it_is_long():
    sequences, steps = common_sequences([checkpoint("chars", vocabulary="abc ")], "", 9, 0, 6)
    ((x, labels),) = sequences
    assert (steps, labels) == (9, ["a", "b", "c", " ", "a", "b"]) and x.dtype.kind == "i" and x.shape == (6, 1)


@pytest.mark.parametrize(
    ("runs", "text", "message"),
    [
        ([("adding", {}), ("parity", {})], "", "runs: got adding and parity, wanted one task"),
        ([("adding", {})], "abc", "text: a run of adding reads no text. try: without --text"),
        ([("chars", {"vocabulary": "abc"})], "abd", "text: the network has never seen 'd'"),
    ],
)
def test_what_does_not_go_together_is_refused(runs, text, message):
    with pytest.raises(ConfigError, match=message):
        common_sequences([checkpoint(task, **facts) for task, facts in runs], text, None, 0, 100)


def test_runs_that_were_trained_on_other_lengths_read_what_the_first_reads():
    sequences, steps = common_sequences([checkpoint(length=6), checkpoint(length=9)], "", None, 0, 100)
    assert steps == 6 and all(np.shape(x) == (6, 1, 2) for x, _ in sequences)


def test_what_a_forecast_and_a_text_start_from_has_a_name_so_nothing_is_said_to_be_unrecorded(tmp_path):
    (tmp_path / "t.csv").write_text("\n".join(["a,b", *(f"{i % 7},{i * i % 11}" for i in range(100))]))
    (tmp_path / "l.csv").write_text("text,label\n" + "".join(f"good {i % 9},1\nbad {i % 7},0\n" for i in range(80)))
    for name, file in (("table", "t.csv"), ("labelled", "l.csv")):
        config = Config.of(name, "gru", hidden=4, length=6, file=str(tmp_path / file))
        task = config.create()
        run = Checkpoint(task.model("gru", 4), config, task.facts, 1)
        assert tg.draw(recorded_loss(run, 6, seed=0)).remarks == []

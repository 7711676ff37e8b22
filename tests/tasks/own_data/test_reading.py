"""What is said of the user's data before training, and that a run goes on reading them as it did."""

import json

import numpy as np
import pytest

from tests.faults.session import good_run
from tinygrad_gru.cli import main
from tinygrad_gru.errors import ConfigError, DataError
from tinygrad_gru.tasks import Forecast, Groups, Labelled, Source, Table
from tinygrad_gru.tasks.data.tables.form import Reading
from tinygrad_gru.training import Config, load_checkpoint, resume_run
from tinygrad_gru.training.runs.data import task_of


def test_the_report_of_a_forecast_tells_form_order_columns_gaps_and_split():
    text = "day;price;amount;note\n" + "".join(
        f"{30 - i}.01.2024;{i % 7},5 €;{'' if i == 5 else i};x{i}\n" for i in range(25)
    )
    task = Forecast(Source("in", text, "csv", Reading(fill="previous")), length=2, targets=["price"])
    assert task.report == [
        "read as: UTF-8 · semicolons between fields, names in the first row",
        "order: by day, newest first in the file, turned round, 1 day apart",
        "column  type                      from  to   gaps          used",
        "day     date                                               left out: gives the order",
        "price   number, decimal comma, €  0.5   6.5  0             input, forecast",
        "amount  number, decimal comma     0     24   1 (previous)  input",
        "note    text                                               left out: no numbers",
        "season: none, found in the rows to train on (--season says otherwise, 0 that there is none)",
        "split: the first 20 rows are trained on, the last 5 are held out, and choose the weights that are kept, which "
        "flatters them",
        "say otherwise: --encoding --delimiter --quote --header --decimal --dates --time --fill --skip-bad",
    ]
    amount = np.rint(
        np.concatenate([task._train, task._held_out])[:, 1] * task.scaling.spread[1] + task.scaling.mean[1]
    )
    expected = [24.0 - i for i in range(25)]
    expected[19] = 6.0  # the gap of 5 stands in the 20th row, behind 6
    assert amount.tolist() == expected


def test_the_report_of_groups_tells_classes_and_skipped_rows():
    text = (
        "id,x,label\n" + "".join(f"g{g},{g + i},{'ab'[g % 4 == 0]}\n" for g in range(20) for i in range(2)) + "h,,a\n"
    )
    task = Groups(Source("in", text, "csv", Reading(skip_bad=True)), 3, "label", "id")
    assert task.report[1:] == [
        "column  type    from  to  gaps  used",
        "id      text                    group",
        "x       number  0     20  0     input",
        "label   text                    label",
        "1 bad row left out, on line 42",
        "split: groups trained on + held out: a 12 + 3, b 4 + 1",
        "say otherwise: --encoding --delimiter --quote --header --decimal --dates --time --fill --skip-bad",
    ]


def test_the_report_of_texts_tells_their_columns_and_classes():
    text = "Review,Stars,when\n" + "".join(f"word{i} a b,{'xy'[i % 2]},{i}\n" for i in range(20)) + ",x,0\n"
    task = Labelled(Source("in", text, "csv", Reading(skip_bad=True)), 2, text="review", label="stars")
    assert task.report[:-1] == [
        "read as: UTF-8 · commas between fields, names in the first row",
        "Review: the texts · Stars: their labels",
        "when: left out, neither texts nor labels",
        "1 bad row left out, on line 22",
        "split: texts trained on + held out: x 8 + 2, y 8 + 2",
    ]


def test_the_classes_of_the_training_and_the_test_texts_have_the_same_shares():
    rows = [(f"t{i}", "rare" if i % 10 == 0 else "often") for i in range(200)]
    task = Labelled(Source("in", "text,label\n" + "".join(f"{t},{k}\n" for t, k in rows), "csv"), 5)
    assert [np.bincount(task._y[side]).tolist() for side in (task._known, task._held_out)] == [[144, 16], [36, 4]]
    old = {name: task.facts[name] for name in ("words", "labels", "length", "sha256")}  # a run of 0.1 knew no classes
    again = Labelled(task._source, 5, old)
    assert len(again._held_out) == 40 and again.facts["split"] == "random" and again.facts["tokeniser"] == 1
    assert set(again._held_out) != set(task._held_out)


@pytest.mark.parametrize("how", ["previous", "mean", "interpolate", "zero"])
def test_gaps_of_the_rows_to_train_on_are_filled_without_the_held_out_ones(how):
    cells = [*map(str, range(40)), "", "", *map(str, range(1000, 1058))]
    rows = "".join(f"{i}h,{cell}\n" for i, cell in enumerate(cells))
    source = Source("in", "hour,a\n" + rows, "csv", Reading(fill=how))
    task = Forecast(source, length=3)
    filled = task._train[40:42, 0] * task.scaling.spread[0] + task.scaling.mean[0]
    mean = np.mean([*range(40), *range(1000, 1038)])
    expected = {"previous": [39, 39], "zero": [0, 0], "mean": [mean] * 2, "interpolate": [359.333, 679.667]}[how]
    assert filled == pytest.approx(expected, abs=0.01)
    last = Source("in", "hour,a\n" + rows[: rows.index("80h")] + "x,\n", "csv")
    values = list(Table.predict(lambda x, lengths=None: np.zeros((1, 1), np.float32), task.facts, last))
    end = {"previous": 1037, "zero": 0, "mean": mean, "interpolate": 1037}[how]  # of a line there is but one end
    assert values == [{"rows ahead": 1, "a": pytest.approx(end, abs=0.01)}]


def test_a_column_without_values_to_train_on_is_left_out():
    rows = "".join(f"{i},{'' if i < 90 else i}\n" for i in range(100))
    source = Source("in", "a,b\n" + rows, "csv", Reading(fill="previous"))
    task = Forecast(source, length=3)
    assert task.scaling.columns == ["a"] and "left out: b (no value in the rows to train on)" in task.data
    with pytest.raises(ConfigError, match="column: got 'b', wanted a column of numbers: a"):
        Forecast(source, length=3, targets=["b"])
    empty = "".join(f"{'' if i < 90 else i}\n" for i in range(100)).replace("\n", ",x\n")
    with pytest.raises(DataError, match="in: no column has a value in the rows to train on"):
        Forecast(Source("in", "a,b\n" + empty, "csv", Reading(fill="mean")), length=3)


def test_gaps_of_a_group_are_filled_from_the_group():
    rows = [
        f"g{g},{'' if (g, i) in ((0, 1), (1, 0)) else g * 10 + i},{'ab'[g % 2]}\n" for g in range(12) for i in range(3)
    ]
    task = Groups(Source("in", "id,x,label\n" + "".join(rows), "csv", Reading(fill="previous")), 3, "label", "id")
    values = [np.rint(x[:, 0] * task.scaling.spread[0] + task.scaling.mean[0]).tolist() for x in task._x[:2]]
    assert values == [[0, 0, 2], [11, 11, 12]]


def test_a_group_needs_a_label(tmp_path):
    (tmp_path / "t.csv").write_text("id,x\n1,2\n")
    with pytest.raises(ConfigError, match="group: groups are classified by a label, got none. try: --label"):
        Table.create(3, tmp_path / "t.csv", group="id")


# --- a run goes on reading as it did ----------------------------------------------------------------------------------


@pytest.fixture
def german_run(tmp_path, monkeypatch):
    """A run on a table as a German spreadsheet writes it, newest first, with a gap."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{28 - i % 28:02}.{12 - i // 28:02}.2024;{i % 7},5;{'' if i == 9 else i}\n" for i in range(140))
    (tmp_path / "daten.csv").write_bytes(("Tag;Größe;Menge\n" + rows).encode("cp1252"))
    return good_run(tmp_path / "run", "table", file="daten.csv", fill="interpolate"), rows


def test_the_settings_of_reading_stand_in_the_run_and_all_commands_read_alike(german_run, capsys):
    run, _ = german_run
    checkpoint = load_checkpoint(run / "best.npz")
    assert 'fill = "interpolate"' in (run / "config.toml").read_text()
    assert checkpoint.facts["written"] == {"Größe": {"decimal": ","}, "Menge": {"decimal": ","}}
    assert checkpoint.facts["time"] == {"column": "Tag", "order": "dmy"}
    assert checkpoint.facts["reading"]["form"] == {"delimiter": "semicolon", "quote": "double", "header": "yes"}
    created, again = checkpoint.config.create(), task_of(checkpoint)
    assert again.facts == created.facts == {k: v for k, v in checkpoint.facts.items() if k != "errors"}
    np.testing.assert_array_equal(again._train, created._train)
    for words in (["eval", str(run)], ["sample", str(run)], ["show", str(run)], ["predict", str(run), "daten.csv"]):
        assert main(words) == 0
    assert "Größe" in capsys.readouterr().out


def test_another_file_is_read_as_it_is_written_itself(german_run, tmp_path, capsys):
    run, rows = german_run
    assert main(["predict", str(run), "daten.csv", "--format", "jsonl"]) == 0
    german = json.loads(capsys.readouterr().out)
    lines = [line.replace(",", ".").split(";") for line in rows.splitlines()]
    english = "".join(f"{d[6:]}-{d[3:5]}-{d[:2]},{g},{m}\n" for d, g, m in reversed(lines))
    (tmp_path / "english.csv").write_text("Tag,Größe,Menge\n" + english)
    assert main(["predict", str(run), "english.csv", "--format", "jsonl"]) == 0
    assert json.loads(capsys.readouterr().out) == pytest.approx(german)
    (tmp_path / "renamed.csv").write_text("when,Größe,Menge\n" + english)
    assert main(["predict", str(run), "renamed.csv", "--time", "when", "--format", "jsonl"]) == 0
    assert json.loads(capsys.readouterr().out) == pytest.approx(german)
    assert main(["predict", str(run), "renamed.csv", "--time", "Menge"]) == 2
    assert "Menge is a column that the run reads" in capsys.readouterr().err
    (tmp_path / "no-day.csv").write_text("Größe,Menge\n" + "1,2\n" * 20)
    assert main(["predict", str(run), "no-day.csv", "--time", "none"]) == 0
    assert main(["eval", str(run), "--file", "no-day.csv", "--time", "none"]) == 0
    capsys.readouterr()
    assert main(["predict", str(run), "no-day.csv"]) == 1
    assert "no column 'Tag', which gives the order of the rows" in capsys.readouterr().err


def test_a_run_that_was_stopped_goes_on_with_the_same_rows(german_run, tmp_path):
    run, _ = german_run
    whole = load_checkpoint(run / "last.npz")
    config = Config.of("table", **{k: v for k, v in whole.config.as_dict().items() if k not in ("task", "cell")})
    stopped = tmp_path / "stopped"
    from tinygrad_gru.training import train_run

    def stop(progress, signal):
        if progress.update == 2:
            signal.signal = 15

    assert train_run(config, stopped, quiet=True, watch=stop).stopped
    resume_run(stopped, quiet=True)
    again = load_checkpoint(stopped / "last.npz")
    for name, array in whole.model.state_dict().items():
        np.testing.assert_array_equal(again.model.state_dict()[name], array)


def test_an_option_says_how_another_file_is_read(german_run, tmp_path, capsys):
    run, _ = german_run
    text = "Tag;Größe;Menge\n" + "".join(f"{i:02}.01.2024;1,{i:03};{'' if i == 3 else 5}\n" for i in range(1, 29))
    (tmp_path / "new.csv").write_bytes(text.encode("cp850"))  # in which ß and ö are other letters than in Windows-1252
    assert main(["predict", str(run), "new.csv", "--encoding", "cp850", "--format", "jsonl"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {
        "rows ahead", "Größe", "Größe from", "Größe to", "Menge", "Menge from", "Menge to",
    }  # fmt: skip
    assert main(["predict", str(run), "new.csv"]) == 1
    assert main(["eval", str(run), "--file", "new.csv", "--encoding", "cp850", "--fill", "zero"]) == 0
    assert main(["eval", str(run), "--encoding", "cp850"]) == 2
    assert "encoding: the run's own data are read as in training" in capsys.readouterr().err
    other = good_run(tmp_path / "adding")
    assert main(["predict", str(other), "new.csv", "--fill", "mean"]) == 2
    assert "fill is a setting of table, not of adding" in capsys.readouterr().err

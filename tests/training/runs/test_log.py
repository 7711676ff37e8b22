"""metrics.jsonl is cut back to a checkpoint, and looked at, with one line at a time in memory."""

import json
import tracemalloc
from pathlib import Path

from tinygrad_gru.training import Config
from tinygrad_gru.training.runs.log import rewind
from tinygrad_gru.training.runs.own_files import keep_others


def written(run: Path, lines: list[str]) -> Path:
    path = run / "metrics.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    return path


LONG = [json.dumps({"update": u, "loss": 0.5, "seconds": u / 8}) for u in range(1, 10_001)]  # 460 kB


def most_memory(function, *arguments) -> int:
    tracemalloc.start()
    try:
        function(*arguments)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_came_before_the_checkpoint_stays_and_nothing_else(tmp_path):
    kept = ['{"update": 10, "loss": 1.5, "seconds": 2.0}', '{"update": 20, "test": 0.5, "seconds": 4.5}']
    lost = [
        '{"update": 21, "loss": 1.0, "seconds": 5.0}',
        '{"update": 20, "event": "diverged"}',
        '{"update": 15, "loss": NaN}',
        '{"loss": 1.0}',
        '{"update": 20, "lo',
    ]
    path = written(tmp_path, kept + lost)
    assert rewind(tmp_path, 20) == (4.5, True)
    assert path.read_text().splitlines() == kept
    assert rewind(tmp_path, 19) == (2.0, False)
    assert path.read_text().splitlines() == kept[:1]


def test_a_new_run_begins_with_an_empty_file(tmp_path):
    assert rewind(tmp_path, 0) == (0.0, False)
    assert (tmp_path / "metrics.jsonl").read_bytes() == b""


def test_seconds_that_make_no_sense_count_as_none(tmp_path):
    for seconds in ('"x"', "-1", "1e300", "[]"):
        written(tmp_path, [f'{{"update": 1, "seconds": {seconds}}}'])
        assert rewind(tmp_path, 1) == (0.0, False)


def test_a_long_file_is_cut_back_one_line_at_a_time(tmp_path):
    path = written(tmp_path, LONG)
    assert most_memory(rewind, tmp_path, 5000) < 150_000 < path.stat().st_size
    assert path.read_text().splitlines() == LONG[:5000]


def test_whether_a_long_file_is_of_the_run_is_seen_one_line_at_a_time(tmp_path):
    path = written(tmp_path, LONG)
    assert most_memory(keep_others, tmp_path, Config.of("adding")) < 150_000
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.jsonl"]
    with path.open("a") as file:
        file.write('{"update": 10001, "lo')  # torn by a kill
    keep_others(tmp_path, Config.of("adding"))
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_a_line_that_no_run_writes_is_of_somebody_else(tmp_path):
    for number, line in enumerate(['{"update": ' + "1" * 200_000, "[" * 5000, '{"step": 1}'], 1):
        written(tmp_path, [*LONG[:3], line, *LONG[3:6]])
        keep_others(tmp_path, Config.of("adding"))
        assert (tmp_path / f"metrics-before-{number}.jsonl").exists()

"""The page of insides holds the numbers, and uses no network."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from tests.inspection.examples import HOSTILE, X
from tinygrad_gru import nn
from tinygrad_gru.inspection.analyse import look_inside
from tinygrad_gru.inspection.page import page

pytestmark = pytest.mark.usefixtures("each_engine")


def data_of(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def test_the_page_holds_the_numbers_of_all_runs_and_asks_nobody(looks):
    text = page(looks, "<b>title</b>", at=2)

    data = data_of(text)
    assert data["labels"] == HOSTILE and data["title"] == "<b>title</b>" and data["at"] == 2
    for run, (title, inside) in zip(data["runs"], looks, strict=True):
        assert run["title"] == title and np.allclose(run["influence"], inside.influence, rtol=5e-3)
    assert [[name for name, _, _ in run["maps"]] for run in data["runs"]] == [
        ["h"], ["r", "z", "candidate", "h"], ["i", "f", "g", "o", "c", "h"],
    ]  # fmt: skip
    assert "<img src=x" not in text and "<b>" not in text and text.count("<script") == 2
    without_data = re.sub(r'id="data">.*?</script>', "", text, flags=re.DOTALL)
    assert not re.search(r"(?:src|href)\s*=|https?://|@import|fetch\(|url\(", without_data)
    assert "innerHTML" not in text and "/*" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


def test_the_page_says_so_if_there_is_no_number_and_cuts_very_large_states():
    inside = look_inside(nn.GRU(2, 130), X.astype(np.float32))
    inside = replace(inside, influence=inside.influence * np.nan, gates={"z": inside.gates["z"] + np.inf})
    (run,) = data_of(page([("large", inside)]))["runs"]
    assert run["influence"][1][0] is None and run["maps"][0][1][0][0] is None
    assert run["saturation"][0] == ["z", None, 0.0, 1.0]
    assert [len(row) for row in run["maps"][0][1]] == [128] * 4 and run["maps"][0][2] == 130

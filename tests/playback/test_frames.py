"""Frames: one picture for each event, all of one size; what is not known yet is pale or blank."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss, nodes_of
from tinygrad_gru import nn
from tinygrad_gru.diagram.api import loss_of_layer
from tinygrad_gru.diagram.explore.captions import caption
from tinygrad_gru.diagram.explore.trace import trace_of
from tinygrad_gru.errors import ArgumentError, FileError
from tinygrad_gru.playback.frames import frames, save_frames

X = np.random.default_rng(0).normal(size=(2, 1, 2)).astype(np.float32)


def small():
    with tg.record():
        x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
        return tg.sum(tg.tanh(x) * x).named("L")


def words(trace, state):
    return "".join(word for word, _ in caption(trace, state))


def test_there_is_one_for_each_event_in_the_engines_order():
    names = [name for name, _ in frames(gru_loss(steps=2))]
    trace = trace_of(gru_loss(steps=2))
    assert len(names) == len(trace.events)
    assert [int(name[:3]) for name in names] == list(range(1, len(names) + 1))
    forward = [name for name in names if "-forward-" in name]
    assert names[: trace.turn] == forward and names[trace.turn].endswith("-backward-L")
    assert sum(name.endswith("-backward-W_r") for name in names) == 2  # a contribution from each step
    assert all(re.fullmatch(r"\d{3}-(forward|backward)-\w+", name, re.ASCII) for name in names)


def test_files_are_numbered_named_and_of_one_size(tmp_path):
    paths = save_frames(small(), tmp_path / "new" / "frames")
    assert [p.name for p in paths] == [
        "001-forward-tanh.svg",
        "002-forward-multiply.svg",
        "003-forward-L.svg",
        "004-backward-L.svg",
        "005-backward-x.svg",
        "006-backward-x.svg",
    ]
    assert sorted(p.name for p in (tmp_path / "new" / "frames").iterdir()) == [p.name for p in paths]
    sizes = {re.search(r'<svg width="[^"]*" height="[^"]*"', p.read_text(encoding="utf-8"))[0] for p in paths}
    assert len(sizes) == 1
    texts = [p.read_text(encoding="utf-8") for p in paths]
    assert "∂L/∂x += [0.42 0.141]" in re.sub(r"</?(text|tspan)[^>]*>|\n", "", texts[5])
    assert "2 of 2, norm" in texts[5] and "none of 2 yet" in texts[0]


def test_nothing_moves_from_one_frame_to_the_next(tmp_path):
    with tg.seed(0):
        paths = save_frames(loss_of_layer(nn.GRU(2, 3), X), tmp_path, first=34, last=46)
    boxes = {
        tuple(re.findall(r'<g id="clust\d+".*?d="([^"]*)"', path.read_text(encoding="utf-8"), re.DOTALL))
        for path in paths
    }
    assert len(boxes) == 1
    sizes = {re.search(r'<svg width="[^"]*" height="[^"]*"', p.read_text(encoding="utf-8"))[0] for p in paths}
    assert len(sizes) == 1


def test_what_is_not_computed_is_pale_and_the_current_node_is_marked():
    found = dict(frames(gru_loss(steps=2)))
    name = next(name for name in found if name.endswith("-forward-step1_r"))
    nodes = nodes_of(found[name])
    assert "fontcolor" in nodes["step1_z"] and "fontcolor" not in nodes["step1_r"]
    assert "penwidth=6" in nodes["step1_r"]
    assert sum("penwidth=6" in rest for rest in nodes.values()) == 1
    assert "#FBE6D8" in nodes["step1_r"] and "#D9EFE6" not in nodes["step1_z"]
    last = nodes_of(list(found.values())[-1])
    assert not any("fontcolor" in rest for rest in last.values())


def test_gradients_are_blank_until_they_arrive_and_show_the_sum_so_far():
    found = dict(frames(gru_loss(steps=2)))
    purple_or_green = [name for name, dot in found.items() if nodes_of(dot)["step2_h"].count("BGCOLOR") > 0]
    assert purple_or_green == list(found)  # the strip always takes its room
    trace = trace_of(gru_loss(steps=2))
    *_, z = (t for t in trace.tensors if t.name == "z")
    assert trace.contributions[z] == 2
    looks = {}
    for state, dot in enumerate(found.values()):
        looks.setdefault(nodes_of(dot)["step2_z"].partition("grad</")[2], state)
    arrivals = [
        at
        for at, event in enumerate(trace.events)
        if event.passed is not None and any(to is z for to, _ in event.passed)
    ]
    assert set(arrivals) <= set(looks.values())  # each contribution changes the picture


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_themes_have_their_background(theme):
    dot = next(iter(frames(small(), theme)))[1]
    assert f'bgcolor="{"#FFFFFF" if theme == "light" else "#14171C"}"' in dot


def test_png_is_drawn_without_a_browser(tmp_path):
    (path,) = save_frames(small(), tmp_path, "png", first=6)
    assert path.name == "006-backward-x.png" and path.read_bytes().startswith(b"\x89PNG")


def test_the_same_bytes_for_any_hash_seed(tmp_path):
    program = (
        "import sys, hashlib\n"
        "from tests.playback.test_frames import small\n"
        "from tinygrad_gru.playback.frames import save_frames\n"
        "print(hashlib.sha256(b''.join(p.read_bytes() for p in save_frames(small(), sys.argv[1]))).hexdigest())\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / seed)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(told) == 1


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileError, match=r"it has files in it, wanted a new or an empty folder. try: .*-2"):
        save_frames(small(), tmp_path)
    with pytest.raises(FileError, match="it is a file, wanted a new or an empty folder"):
        save_frames(small(), tmp_path / "mine.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(("first", "last"), [(0, 3), (4, 3), (1, 7), (7, None), (-1, -1)])
def test_a_range_that_is_none_is_refused(first, last, tmp_path):
    with pytest.raises(ArgumentError, match="wanted numbers from 1 to 6, the smaller first. try: 1 to 6"):
        save_frames(small(), tmp_path / "new", first=first, last=last)
    assert not (tmp_path / "new").exists()


def test_too_many_are_refused_before_anything_is_written(tmp_path):
    x = tg.Tensor([1.0], requires_grad=True, name="x")
    y = x
    for _ in range(300):
        y = y + 1.0
    with pytest.raises(ArgumentError, match="604 are too many files, wanted at most 400. try: first=1, last=400"):
        save_frames(tg.sum(y + x), tmp_path / "new")
    with pytest.raises(ArgumentError, match="no format 'gif', wanted svg or png"):
        save_frames(small(), tmp_path / "new", "gif")
    with pytest.raises(ArgumentError, match="wants something that was computed, got a tensor without a graph"):
        save_frames(tg.Tensor(3.0), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_not_a_number_is_drawn_and_what_wants_no_gradient_only_plays_forward(tmp_path):
    with tg.record(), np.errstate(all="ignore"):
        x = tg.Tensor([0.0, -1.0, np.inf], requires_grad=True, name="x")
        paths = save_frames(tg.sum(tg.log(x) * x).named("L"), tmp_path / "nan")
        a = tg.Tensor([0.0, -1.0], name="a")
        quiet = save_frames(tg.sum(a * a), tmp_path / "quiet")
    assert "NaN" in paths[-1].read_text(encoding="utf-8")
    assert [p.name for p in quiet] == ["001-forward-multiply.svg", "002-forward-sum.svg"]


def test_hostile_names_stay_text(tmp_path):
    name = '<script>alert(1)</script>"&{}|\\\x07'
    with tg.record(), tg.scope(name):
        x = tg.Tensor([2.0], requires_grad=True, name=name)
        paths = save_frames(tg.sum(x * x).named(name), tmp_path)
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert "<script" not in text and re.fullmatch(r"[\w.-]+", path.name, re.ASCII)

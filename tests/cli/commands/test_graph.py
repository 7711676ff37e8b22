"""The command `graph`: a cell unrolled, drawn to a file or as text on stdout."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import tinygrad_gru
from tests.cli.command import complaint, run
from tests.cli.runs import make_run
from tinygrad_gru.cli import main

FIRST_BYTES = {
    "svg": b"<?xml",
    "png": b"\x89PNG",
    "pdf": b"%PDF",
    "dot": b"digraph",
    "html": b"<!doctype",
    "txt": b"A GRU",
}


def dot(capsys, *arguments):
    """The DOT text the command writes, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.dot"
        assert main(["graph", "--quiet", *arguments, "-o", str(file)]) == 0
        assert capsys.readouterr().err == ""
        return file.read_text(encoding="utf-8")


def text(capsys, *arguments):
    """The outline as the command prints it."""
    assert main(["graph", *arguments, "-o", "-"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


@pytest.mark.parametrize("suffix", FIRST_BYTES)
def test_the_suffix_decides_the_format(suffix, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["graph", "--length", "1", "-o", f"gru.{suffix}"]) == 0
    assert capsys.readouterr().out == f"gru.{suffix}\n"  # stdout is data: where the picture is
    assert (tmp_path / f"gru.{suffix}").read_bytes().startswith(FIRST_BYTES[suffix])


def test_a_page_has_all_steps_so_nothing_is_said_to_be_folded(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["graph", "--length", "30", "-o", "gru.html"]) == 0
    assert capsys.readouterr().err.splitlines() == ["A GRU, unrolled for 30 steps, at level gate:"]
    page = (tmp_path / "gru.html").read_text(encoding="utf-8")
    assert '"title":"time step 15"' in page and "steps 21\\u201330" in page


def test_quiet_says_only_where_the_picture_is(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["graph", "--quiet", "-o", "gru.dot"]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("gru.dot\n", "")


@pytest.mark.parametrize("level", ["gate", "op"])
@pytest.mark.parametrize(
    ("cell", "gates"),
    [
        ("rnn", ["h₁", "h₂", "h₃"]),
        ("gru", ["r₁", "z₂", "h̃₃", "h₃"]),
        ("lstm", ["i₁", "f₂", "g₃", "o₃", "c₃", "h₃"]),
    ],
)
def test_every_step_and_every_gate_is_named(cell, gates, level, capsys):
    for said in (dot(capsys, "--cell", cell, "--level", level), text(capsys, "--cell", cell, "--level", level)):
        assert all(f"time step {n}" in said for n in (1, 2, 3))
        assert "time step 4" not in said
        assert all(gate in said for gate in gates)
        assert "1×4" in said and "6×4" in said  # a state, and a weight of (H+I, H)


def test_the_sizes_are_those_asked_for(capsys):
    said = dot(capsys, "--hidden", "3", "--inputs", "5", "--length", "2", "--level", "op")
    assert "1×3" in said and "1×5" in said and "8×3" in said
    assert "time step 2" in said and "time step 3" not in said


def test_the_other_dialect_has_the_other_weights(capsys):
    assert "step1_W_hx" not in dot(capsys, "--level", "op")
    assert "step1_W_hx" in dot(capsys, "--level", "op", "--reset-after")


def test_values_and_gradients_can_be_left_out(capsys):
    everything = dot(capsys)
    assert ">value<" in everything and ">grad<" in everything
    without = dot(capsys, "--no-values", "--no-grads")
    assert ">value<" not in without and ">grad<" not in without


def test_the_same_seed_draws_the_same_picture_and_another_seed_another(capsys):
    first = dot(capsys, "--seed", "5")
    assert dot(capsys, "--seed", "5") == first
    assert dot(capsys, "--seed", "6") != first


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("--cell grw", "error: cell: got 'grw', wanted rnn, gru, lstm or FILE.py:CLASS. did you mean gru?"),
        ("--level gat", "error: level: got 'gat', wanted cell, gate, op or auto. did you mean gate?"),
        ("--length 0", "error: length: got 0, wanted a whole number from 1 to 1000. try: --length 1"),
        ("--hidden 0", "error: hidden: got 0, wanted a whole number from 1 to 4096. try: --hidden 4"),
        ("--inputs=-1", "error: inputs: got -1, wanted a whole number from 1 to 4096. try: --inputs 2"),
        ("--seed=-1", "error: seed: got -1, wanted a whole number of at least 0. try: --seed 0"),
        ("--cell rnn --reset-after", "error: reset-after: only a gru has a reset gate, got --cell rnn."),
        (
            "-o gru.sgv",
            "error: picture gru.sgv: no format '.sgv', wanted svg, png, pdf, dot, html or txt. did you mean gru.svg?",
        ),
        ("--theme drak", "error: theme: got 'drak', wanted light or dark. did you mean dark?"),
        ("--dir RL", "error: dir: got 'RL', wanted LR or TB. "),
        ("--params tags", "error: params: got 'tags', wanted tag, inline, hide or shared. did you mean tag?"),
        ("--fold 0", "error: fold: got '0', wanted auto, none or how many steps are kept at both ends. try: --fold 3"),
        ("--steps 9", "error: steps '9': there are no such steps in the graph. try: --steps 1-3"),
        ("--steps 9 --length 2", "error: steps '9': there are no such steps in the graph. try: --steps 1-2"),
        ("--steps 3-1", "error: steps: got '3-1', wanted numbers such as 1-3 or 2,5-7. try: --steps 1-3"),
        *(
            (
                f"--rolled --{option}",
                f"error: draw: rolled up, one step stands for all. try: --rolled without --{option.partition(' ')[0]}",
            )
            for option in ("steps 1-2", "path W_r@1", "backward")
        ),
        (
            "--path W_r@1 --backward",
            "error: path 'W_r@1': it is lit in the graph of the forward pass. try: without --backward",
        ),
        ("--slide --dir TB", "error: draw: on a slide time goes to the right. try: --dir LR"),
        (
            "--slide --backward --length 2",
            "error: draw: too much for one slide in letters of 12 pt. try: --length 1, or without --slide",
        ),
        (
            "--slide --backward --length 1 --level op",
            "error: draw: too much for one slide in letters of 12 pt. try: --level gate, or without --slide",
        ),
        ("--path W_q@1", "error: path 'W_q@1': nothing in the graph is called 'W_q'. did you mean W_"),
        ("--path W_r@7", "error: path 'W_r@7': W_r is used in 1 to 3. try: W_r@1"),
        ("--path W_r@x", "error: path 'W_r@x': after the @ stands the number of a step, got 'x'. try: W_r@1"),
        ("--open -o -", "error: open: there is no file to open with -o -. try: -o graph.svg"),
        ("-o gru", "error: picture gru: no suffix, wanted svg, png, pdf, dot, html or txt. try: gru.svg"),
    ],
)
def test_wrong_usage_is_one_line_and_leaves_nothing_behind(line, want, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["graph", *line.split()]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    (said,) = told.err.splitlines()
    assert said.startswith(want)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_one_line_in_a_process_of_its_own_too(tmp_path):
    done = run("graph", "--length", "1", "-o", "nowhere/gru.svg", cwd=tmp_path)
    assert complaint(done, code=1).startswith("error: cannot write nowhere/gru.svg: No such file or directory")
    assert list(tmp_path.iterdir()) == []


def test_text_on_stdout_is_the_same_whatever_the_hash_seed(tmp_path):
    texts = {run("graph", "-o", "-", cwd=tmp_path, env={"PYTHONHASHSEED": seed}).stdout for seed in ("0", "1", "2")}
    assert len(texts) == 1
    assert texts.pop().startswith("A GRU, unrolled for 3 steps")


# --- what is drawn ---------------------------------------------------------------------------------------------------


def test_in_the_terminal_a_step_is_a_line(capsys):
    lines = text(capsys, "--level", "cell", "--length", "12").splitlines()
    steps = [line for line in lines if line.startswith("step ")]
    assert len(steps) == 12
    assert all("x" in line and "→ h" in line and "‖g‖" in line and "█" in line for line in steps)


def test_long_runs_are_folded_and_steps_can_be_chosen(capsys):
    assert "26 more, same weights" in text(capsys, "--length", "30")
    assert "24 more, same weights" in text(capsys, "--length", "30", "--fold", "3")
    assert "more, same weights" not in text(capsys, "--length", "30", "--fold", "none")
    chosen = text(capsys, "--length", "6", "--steps", "2-3")
    assert "time step 2" in chosen and "time step 3" in chosen and "time step 4" not in chosen
    assert "steps 4–6  not shown" in chosen


def test_the_ways_of_a_gradient_are_counted(capsys):
    for length, count in ((1, "1 separate path "), (2, "5 separate paths "), (3, "25 separate paths "), (4, "125 sep")):
        assert count in text(capsys, "--length", str(length), "--path", "W_r@1")


def test_the_way_back_ends_in_the_gradients_of_the_weights(capsys):
    said = text(capsys, "--length", "2", "--backward")
    assert "back through step 2" in said and all(f"∂L/∂{name}" in said for name in ("W_r", "W_z", "W_h", "b_r", "h₁"))


def test_themes_directions_and_parameters_are_passed_on(capsys):
    assert "#14171C" in dot(capsys, "--theme", "dark") and "#14171C" not in dot(capsys)
    assert "rankdir=TB" in dot(capsys, "--dir", "TB") and "rankdir=LR" in dot(capsys)
    assert "step1_W_r" in dot(capsys, "--params", "tag") and "6×4" not in dot(capsys, "--params", "hide")
    assert "log scale" in dot(capsys, "--heat") and "log scale" not in dot(capsys)
    assert "log scale" not in dot(capsys, "--level", "cell", "--no-heat")


def test_a_trained_network_is_drawn_with_its_weights_on_an_input_of_its_task(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make_run("adding", "lstm")
    said = text(capsys, "--run", "last", "--length", "3")
    assert said.startswith("An LSTM trained on adding for 1 updates, 3 steps")
    assert "time step 3" in said and "f₃" in said and "L " in said
    assert text(capsys, "--run", "last", "--length", "3") == said


def test_a_picture_can_be_opened(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.chdir(tmp_path)
    assert main(["graph", "--open", "--length", "1", "-o", "x.dot"]) == 0
    assert opened == [(tmp_path / "x.dot").as_uri()]


@pytest.mark.parametrize("words", ["--backward --length 1", "--backward --length 1 --level gate"])
def test_what_is_to_be_tried_instead_of_a_refused_slide_fits(words, capsys):
    assert "viewport" in dot(capsys, "--slide", *words.split())


@pytest.mark.parametrize(
    ("words", "level"), [("--length 3 --path h@1", "gate"), ("--length 12 --fold none --path h@3", "cell")]
)
def test_a_slide_does_not_drop_the_path(words, level, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["graph", "--slide", *words.split(), "-o", "x.dot"]) == 0
    text = (tmp_path / "x.dot").read_text(encoding="utf-8")
    assert "How the loss reaches h in step" in text and "separate paths" in text and "dir=back" in text
    assert f"at level {level}:" in capsys.readouterr().err


def test_what_was_done_otherwise_is_said_in_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["graph", "--length", "30", "-o", "x.dot"]) == 0
    told = capsys.readouterr()
    assert told.out == "x.dot\n"
    assert told.err.splitlines()[1] == "26 steps are folded into one node, as there are many. try: --fold none"


def test_after_a_layout_that_was_stopped_the_dot_is_there_and_the_run_failed(tmp_path):
    """A slow renderer, planted: without pygraphviz, a `dot` that takes its time."""
    (tmp_path / "pygraphviz.py").write_text("raise ImportError")
    slow = tmp_path / "dot"
    slow.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(600)\n")
    slow.chmod(0o755)
    code = (
        f"import os, sys; sys.path.insert(0, {str(tmp_path)!r}); os.environ['PATH'] = {str(tmp_path)!r};"
        "from tinygrad_gru.diagram.render import graphviz_process as render; render.TIME_LIMIT = 0.5;"
        "render.LAYOUT = [sys.executable, '-c', 'import sys; sys.stdin.read(); sys.exit(3)'];"
        "from tinygrad_gru.cli.app import main; sys.exit(main(['graph', '--length', '1', '-o', 'x.png']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: the layout took more than 0.5 s and was stopped; the graph")
    assert "is in x.dot. try: " in done.stderr
    assert (tmp_path / "x.dot").read_text().startswith("digraph")


def test_level_auto_names_every_gate_of_a_layer_and_says_which_level_it_took(capsys, tmp_path):
    code = main(["graph", "--level", "auto", "-o", str(tmp_path / "gru.dot")])
    told = capsys.readouterr()
    assert code == 0 and "at level gate:" in told.err
    assert (tmp_path / "gru.dot").read_text(encoding="utf-8") == dot(capsys, "--level", "gate")


def test_no_source_outside_the_command_line_tells_options_of_pictures():
    """A remark names the arguments of whom it is told: `fold='none'` of tg.draw, which `graph` turns into an option."""
    package = Path(tinygrad_gru.__file__).parent
    sources = [*(package / "diagram").rglob("*.py"), *(package / "playback").rglob("*.py")]
    option = re.compile(r"""["' ]--(fold|steps|level|width|frames|rolled|slide|path|backward|length)\b""")
    lines = [(p.name, line) for p in sources for line in p.read_text(encoding="utf-8").splitlines()]
    assert len(sources) > 20 and [line for line in lines if option.search(line[1])] == []

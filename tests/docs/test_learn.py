"""The path of docs/learn: fourteen chapters, each with a question, something to do, and the command that comes next."""

import re
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from examples.steps import step12
from tests.examples.steps import FOLDER as STEPS
from tinygrad_gru.compiler.passes import PASSES
from tinygrad_gru.learn.exercise import exercises
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.tasks.synthetic.temporal_order import Order
from tinygrad_gru.updates.step import take_step

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "docs" / "learn").glob("[0-9]*.md"))
INDEX = (ROOT / "docs" / "learn" / "README.md").read_text(encoding="utf-8")


def text_of(page):
    return page.read_text(encoding="utf-8")


def number_of(page):
    return int(page.name[:2])


def prose(text):
    """The words outside of code and tables."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return [line for line in text.splitlines() if not line.startswith(("|", "    ", "<!--", "!["))]


def test_there_are_fourteen_in_order():
    assert [number_of(page) for page in CHAPTERS] == list(range(1, 15))
    places = [INDEX.index(f"({page.name})") for page in CHAPTERS]
    assert places == sorted(places)


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_begins_with_a_question_and_is_short(page):
    title, _, question, *_ = text_of(page).splitlines()
    assert title.startswith(f"# {number_of(page)}. ") and f"[{title.removeprefix('# ')}]({page.name})" in INDEX
    assert re.fullmatch(r"\*[^*]+\*", question) and "?" in question
    words = " ".join(prose(text_of(page))).split()
    assert 320 <= len(words) <= 800, len(words)


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_ends_with_its_exercises(page):
    names = [task.name for task in exercises() if task.chapter == number_of(page)]
    text = text_of(page)
    assert names and all(f"$ tinygrad-gru learn start {name}\n" in text for name in names)
    last = text.rstrip().removesuffix("```").rstrip().rpartition("```bash\n")[2].splitlines()
    assert [line for line in last if "check" in line] == [f"tinygrad-gru learn check {name}" for name in names]
    row = next(line for line in INDEX.splitlines() if f"({page.name})" in line)
    assert all(f"`{name}`" in row for name in names)


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_what_a_step_prints_is_what_the_page_of_the_steps_shows(page):
    shown = text_of(STEPS / "README.md")
    for block in re.findall(r"^\$ python step\d\d\.py\n(?:[^`].*\n)+", text_of(page), flags=re.M):
        assert block in shown


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_decorator_that_the_words_explain_stands_in_the_source_that_is_shown(page):
    source = "".join(re.findall(r"^```py\n(.*?)^```$", text_of(page), flags=re.M | re.S))
    for name in re.findall(r"`(@\w+)`", "\n".join(prose(text_of(page)))):
        assert re.search(rf"^\s*{name}\b", source, flags=re.M), name


GLOSSARY = text_of(ROOT / "docs" / "learn" / "glossary.md")
OTHER_SENSES = {"pass": "(?:backward|forward) pass"}  # in which a word is not that of the glossary


def first_chapter(word):
    """The number of the first chapter in whose text this word of the glossary stands."""
    word = re.split(r"[,(]", word)[0].strip()
    pattern = rf"(?<![\w-]){re.escape(word)}(s|ed)?(?!\w)"
    return next((number_of(p) for p in CHAPTERS if re.search(pattern, text_for(word, p), flags=re.I)), None)


def text_for(word, page):
    text = re.sub(r"`[^`]*`", "", "\n".join(prose(text_of(page))))  # `vjp` is a name in code
    return re.sub(OTHER_SENSES.get(word, "$^"), "", " ".join(text.split()))


def test_the_glossary_is_in_order_and_each_word_first_stands_in_its_chapter():
    rows = re.findall(r"^\| ([^|]+?) \| [^|]+ \| \[(\d+)\]\((.+?)\) \|$", GLOSSARY, flags=re.M)
    keys = [re.split("[,(]", word)[0].strip().lower().replace("δ", "delta") for word, _, _ in rows]
    assert len(rows) > 35 and keys == sorted(keys)
    assert all(int(file[:2]) == int(number) for _, number, file in rows)
    assert [(word, int(n), first) for word, n, _ in rows if (first := first_chapter(word)) != int(n)] == []


def test_the_first_chapter_of_a_word_is_neither_that_of_a_longer_word_nor_of_its_name_in_code():
    assert first_chapter("vjp") == 3 and "`vjp`" in text_of(CHAPTERS[1])
    assert first_chapter("pass") == 13 and "backward pass" in text_of(CHAPTERS[4])
    assert first_chapter("graph") == 2 and first_chapter("reset gate, r") == 9
    assert first_chapter("transformer") is None


def test_the_stages_that_chapter_13_names_are_those_of_the_compiler():
    stages = re.findall(r"^\*\*(\w+)[^*]*\*\* \(stage (\d+)\)", text_of(CHAPTERS[12]), flags=re.M)
    assert [(word.lower(), PASSES[int(number) - 1].name.split("_")[0]) for word, number in stages] == [
        (word, word) for word in ("split", "interpolate", "batch")
    ]
    assert PASSES[10 - 1].name == "batch_sums" and len(PASSES) == 10


@pytest.mark.parametrize(("updates", "error"), [(2000, 0.03), pytest.param(6000, 0.006, marks=pytest.mark.soak)])
def test_the_plain_cell_of_chapter_11_stands_still_for_a_thousand_updates_and_then_learns(updates, error):
    assert f"after {updates} " in text_of(CHAPTERS[10]) and f" {error}" in text_of(CHAPTERS[10])
    losses = step12.train(step12.RNNCell(np.random.default_rng(0), 2, 24), updates=updates)
    assert 0.14 < min(np.mean(losses[end - 50 : end]) for end in (400, 600, 800, 1000))
    assert np.mean(losses[-50:]) < 2 * error


def test_while_the_gru_of_chapter_9_guesses_its_z_falls_and_more_gradient_arrives():
    task = TASKS["order"].create(50)
    settings = task.defaults
    with tg.seed(0):
        model = tg.compile(task.model("gru", settings["hidden"]))
    cell = model.recurrent.cell
    parameters = list(model.parameters())
    optimizer = tg.optim.Adam(parameters, settings["lr"])
    schedule = tg.optim.CosineLR(optimizer, settings["updates"], final=0.1)
    batches = task.batches(np.random.default_rng(0), settings["batch"])
    x = Order.model_input(task.make(np.random.default_rng(1), 16).x[:50])

    def measured():
        """The mean of z over fifty steps, the gradient 40 steps before the last, and the share of wrong answers."""
        h, states, zs = tg.Tensor(np.zeros((16, settings["hidden"]), np.float32), requires_grad=True), [], []
        for x_t in x:
            zs.append(cell.gates(tg.Tensor(x_t), h)[1].data.mean())
            (h,) = cell(x_t, h)
            states.append(h)
        assert f"{np.sqrt(h.size):.0f}" == "23"  # the length of the gradient at the last state
        return np.mean(zs), np.linalg.norm(tg.grad(h.sum(), states[-41])), task.evaluate(model)

    measures = {}
    for update in range(601):
        if update in (0, 400, 600):
            measures[update] = measured()
        loss, _ = task.loss(model, next(batches))
        take_step(loss, parameters, optimizer, 1.0, schedule)
    (z, back, wrong), (later_z, later_back, _), (_, last_back, last_wrong) = measures.values()
    assert round(float(z), 1) == 0.5 and back < 1e-6 and wrong > 0.7
    assert later_z < 0.4 and later_back > 10 * back
    assert last_back > 1 and last_wrong < 0.01


@pytest.mark.parity
def test_pytorch_accepts_the_planted_mistake_of_chapter_7():
    import torch

    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0].cos() * 1.001

    x = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(Sine.apply, x)
    assert not torch.autograd.gradcheck(Sine.apply, x, rtol=1e-4, raise_exception=False)

"""A notebook, executed by a real kernel and looked at in a real browser: all of it shows itself, nothing is cut."""

import re
import time
from pathlib import Path

import pytest

from tests.browser.test_player_in_chromium import chromium, errors, opened, requests, sized  # noqa: F401

pytestmark = [pytest.mark.notebook, pytest.mark.filterwarnings("ignore")]

NOTEBOOK = Path(__file__).parents[2] / "examples" / "notebook.ipynb"
STYLE = "body { font: 15px sans-serif; margin: 0 auto; max-width: 900px } pre { overflow-x: auto }"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook with what its cells put out; an exception in one of them is an exception here."""
    import nbclient
    import nbformat

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    folder = tmp_path_factory.mktemp("notebook")
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


@pytest.fixture(scope="module")
def page_text(executed):
    from nbconvert import HTMLExporter

    body, _ = HTMLExporter(template_name="basic").from_notebook_node(executed)
    return f"<!doctype html><html lang=en><title>notebook</title><style>{STYLE}</style>{body}"


def results(notebook, words):
    """What the first cell with these words puts out, by kind."""
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code" and words in cell.source)
    return [output for output in cell.outputs if output.output_type in ("execute_result", "display_data")]


def test_it_is_kept_without_what_it_puts_out():
    assert '"outputs": []' in NOTEBOOK.read_text(encoding="utf-8")
    assert not re.search(r'"outputs": \[[^\]]', NOTEBOOK.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "words",
    ["layer = nn.GRU", "draw_layer(layer, x)", "picture.html()", "tg.equations", "train_run(", "look_inside(", ".fit("],
)
def test_each_thing_shows_itself_as_html_and_is_short_as_text(executed, words):
    *_, last = results(executed, words)
    assert last.output_type == "execute_result" and "text/html" in last.data
    assert len(last.data["text/plain"].splitlines()) <= 15


def test_an_operation_is_one_line_whatever_it_holds(executed):
    (result,) = results(executed, ".op, y.op")
    assert result.data["text/plain"] == "(Getitem(key=int64 (1000,)), Tanh())"


def test_training_has_one_bar_that_ends_full(executed):
    bar, result = results(executed, "train_run(")
    assert bar.output_type == "display_data" and 'max="300" value="300"' in bar.data["text/html"]
    assert "step 300/300" in bar.data["text/html"]
    assert "always answering 1" in result.data["text/html"] and "<polyline" in result.data["text/html"]


def test_fit_has_a_bar_for_each_epoch_and_the_curves(executed):
    *bars, history = results(executed, ".fit(")
    assert len(bars) == 6 and all('max="6" value="6"' in bar.data["text/html"] for bar in bars)
    assert "Epoch 6/6 · 6/6 · loss" in bars[-1].data["text/html"]
    assert history.data["text/html"].count("<polyline") == 2  # loss and val_loss
    assert history.data["text/plain"].startswith("History(6 epochs: loss ")


@pytest.mark.parametrize("width", [1100, 700, 390])
def test_nothing_is_cut_off_nor_wider_than_the_notebook(chromium, tmp_path, page_text, width):  # noqa: F811
    driver = opened(chromium, tmp_path, page_text)
    sized(driver, width, 900)
    time.sleep(1)
    cut = driver.execute_script(
        "const scrolls = e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX), out = [];"
        "for (const e of document.querySelectorAll('svg, img, iframe, table, pre, progress')) {"
        "  if (e.closest('svg') !== e && e.closest('svg')) continue;"
        "  let box = e; while (box && !scrolls(box)) box = box.parentElement;"
        "  const r = (box ?? e).getBoundingClientRect();"
        "  if (r.right > innerWidth + 1 || r.width < 1) out.push([e.tagName, r.right, e.outerHTML.slice(0, 80)]); }"
        "return out"
    )
    assert cut == []
    assert driver.execute_script("return document.documentElement.scrollWidth - innerWidth") <= 0
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_in_a_browser_all_of_it_is_there(chromium, tmp_path, page_text):  # noqa: F811
    driver = opened(chromium, tmp_path, page_text)
    sized(driver, 1000, 900)
    time.sleep(1)
    sizes = driver.execute_script("return [...document.images].map(i => [i.naturalWidth, i.naturalHeight])")
    assert sizes == [[40, 4]] * 4 + [[40, 40]]  # r, z, h̃, h of 4 units over 40 steps, and influence
    letters = driver.execute_script(
        "const texts = [...document.querySelectorAll('svg g.node text')];"
        "return Math.min(...texts.map(t => t.getBoundingClientRect().height))"
    )
    assert letters > 5  # pixels, of the smallest in the picture at 60 % of its size
    frame = driver.find_element("css selector", "iframe")
    driver.execute_script("arguments[0].scrollIntoView()", frame)
    driver.switch_to.frame(frame)
    names = driver.execute_script("return [...document.querySelectorAll('g.node')].map(g => g.ariaLabel)")
    first = driver.execute_script("return document.querySelector('g.node[aria-label^=h₀]').getBoundingClientRect().x")
    driver.switch_to.default_content()
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert any(name.startswith("r₁, sigmoid") for name in names) and first > 0
    assert errors(driver) == [] and requests(driver) == []
    pixels = driver.get_screenshot_as_png()
    assert len(pixels) > 10_000  # and not an empty page

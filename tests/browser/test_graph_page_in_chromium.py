"""The page of a graph in a real browser: boxes open and close, all is found and told, and a large one can be used."""

import time
from html import escape
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.browser.test_player_in_chromium import chromium, errors, key, opened, opened_to, requests, sized  # noqa: F401
from tests.diagram.explore.test_contents import micrograd
from tests.diagram.test_random_graphs import random_loss
from tinygrad_gru import nn
from tinygrad_gru.diagram.api import loss_of_layer
from tinygrad_gru.training import Config, train_run
from tinygrad_gru.training.reports.run import write_report

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]

X = np.random.default_rng(0).normal(size=(3, 1, 2)).astype(np.float32)


def gru_page(steps=3, **options):
    x = np.random.default_rng(0).normal(size=(steps, 1, 2)).astype(np.float32)
    with tg.seed(0):
        return tg.draw(loss_of_layer(nn.GRU(2, 4), x), title="GRU", **options).html()


@pytest.fixture
def page(chromium, tmp_path):  # noqa: F811
    return opened(chromium, tmp_path, gru_page())


def names(driver):
    """What a screen reader says of the nodes."""
    return driver.execute_script("return [...document.querySelectorAll('g.node')].map(g => g.ariaLabel)")


def door(driver, title, nth=0):
    """The handle of a box, which opens and closes it."""
    doors = driver.find_elements("css selector", ".toggle")
    return [each for each in doors if each.get_attribute("aria-label").startswith(title)][nth]


def told(driver):
    """The panel: what it says by the name of the fact."""
    return driver.execute_script(
        "return Object.fromEntries([...document.querySelectorAll('#facts dt')]"
        ".map(dt => [dt.textContent, dt.nextSibling.textContent]))"
    )


def test_boxes_open_and_close_and_stay_where_they_are(page):
    before = names(page)
    assert any(name.startswith("r₁, sigmoid") and name.endswith("of the closed box reset gate") for name in before)
    box = door(page, "reset gate")
    assert box.get_attribute("aria-expanded") == "false"
    place = page.execute_script("const r = arguments[0].getBoundingClientRect(); return [r.left, r.top]", box)
    box.click()
    opened_box = door(page, "reset gate")
    assert opened_box.get_attribute("aria-expanded") == "true"
    after = page.execute_script("const r = arguments[0].getBoundingClientRect(); return [r.left, r.top]", opened_box)
    np.testing.assert_allclose(after, place, atol=1)
    inside = set(names(page)) - set(before)
    assert {name.split(",")[0] for name in inside} >= {"r₁", "W_r", "b_r"}
    opened_box.click()
    assert sorted(names(page)) == sorted(before)
    assert errors(page) == [] and requests(page) == []


def test_a_closed_step_hides_its_inside_and_keeps_its_lines(page):
    lines = page.execute_script("return document.querySelectorAll('.edge').length")
    door(page, "time step 2").click()
    assert not any(name.startswith("r₂") for name in names(page))
    assert any(name.startswith("h₂") and "closed box time step 2" in name for name in names(page))
    fewer, into, out = page.execute_script(
        "const closed = scene.items.get('b' + D.boxes.findIndex(b => b.title === 'time step 2'));"
        "return [scene.edges.length, scene.edges.filter(e => e.target === closed).map(e => e.source.id),"
        "scene.edges.filter(e => e.source === closed).length]"
    )
    assert fewer < lines and len(into) == 1 and out == 3  # h₁ in; h₂ to the concat, r ⊙ and (1 − z) ⊙ of step 3


def test_keys_open_boxes_and_the_focus_stays(page):
    from selenium.webdriver.common.keys import Keys

    page.execute_script("arguments[0].focus()", door(page, "candidate"))
    key(page, Keys.ENTER)
    focus = "return [document.activeElement.ariaLabel, document.activeElement.getAttribute('aria-expanded')]"
    assert page.execute_script(focus) == ["candidate, close", "true"]
    key(page, Keys.SPACE)
    assert page.execute_script(focus) == ["candidate, open", "false"]
    key(page, "/")
    assert page.switch_to.active_element.get_attribute("id") == "search"


def test_the_search_opens_what_is_around_what_it_finds(page):
    search = page.find_element("id", "search")
    search.send_keys("W_h")
    hits = page.find_elements("css selector", "#hits button")
    assert hits[0].text.startswith("W_h")
    hits[0].click()
    assert page.find_element("id", "who").text == "W_h (6, 4)"
    chosen = page.find_element("css selector", "g.node.chosen")
    assert chosen.get_attribute("aria-label").startswith("W_h") and "candidate" in door(page, "candidate, close").text
    time.sleep(0.5)
    stage, r = page.find_element("id", "stage").rect, chosen.rect
    assert stage["x"] < r["x"] < stage["x"] + stage["width"] and stage["y"] < r["y"] < stage["y"] + stage["height"]
    search.clear()
    search.send_keys("tanh")
    assert "h̃₁" in [hit.text.split(" ")[0] for hit in page.find_elements("css selector", "#hits button")]
    search.clear()
    search.send_keys("no such thing")
    assert page.find_element("id", "many").text == "nothing found"
    assert errors(page) == []


def test_the_panel_tells_all_that_is_known(chromium, tmp_path):  # noqa: F811
    driver = opened(chromium, tmp_path, tg.draw(micrograd(), title="micrograd").html())
    assert not driver.find_element("id", "opening").is_displayed()  # there are no boxes
    node = driver.execute_script(
        "return [...document.querySelectorAll('g.node')].find(g => g.ariaLabel.startsWith('e,'))"
    )
    node.click()
    assert driver.find_element("id", "who").text == "e"
    facts = told(driver)
    assert facts["value"] == "−6" and facts["gradient"] == "−2\n‖·‖ = 2" and facts["formula"] == "a⊙b"
    assert facts["made in"].startswith("at test_contents.py:") and facts["contributions"] == "1 of 1"
    assert facts["made of"] == "ab" and facts["used by"] == "d" and facts["operation"] == "multiply"
    driver.find_element("xpath", "//dd/button[text()='d']").click()  # from there to its user
    assert driver.find_element("id", "who").text == "d"
    assert errors(driver) == []


def test_a_small_matrix_is_shown_whole_and_of_a_large_array_the_first_numbers(chromium, tmp_path):  # noqa: F811
    A = tg.softmax(tg.Tensor(np.arange(9.0).reshape(3, 3), requires_grad=True, name="S"), axis=-1).named("A")
    loss = (tg.sum(A * A) + tg.sum(tg.Tensor(np.ones(100), requires_grad=True, name="w"))).named("L")
    driver = opened(chromium, tmp_path, tg.draw(loss, level="op").html())
    strips = driver.execute_script(
        "return Object.fromEntries([...drawn.values()].map(({g, strips}) => [g.ariaLabel.split(',')[0],"
        "strips[0]?.cells?.map(c => [+c.getAttribute('x'), +c.getAttribute('y')]) ?? []]))"
    )
    columns, rows = (len({place[axis] for place in strips["A"]}) for axis in (0, 1))
    assert (columns, rows, len(strips["A"])) == (3, 3, 9)
    assert len({y for _, y in strips["w"]}) == 1 and len(strips["w"]) == 8
    assert errors(driver) == []


def test_a_page_without_gradients_has_values_and_no_player(chromium, tmp_path):  # noqa: F811
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    driver = opened(chromium, tmp_path, tg.draw((x * x).named("y")).html())
    assert not driver.find_element("id", "player").is_displayed()
    assert any(name.startswith("y, multiply, value [1 4]") for name in names(driver))
    assert errors(driver) == []


def test_events_inside_a_closed_box_are_one_step_and_its_strips_fill_as_numbers_arrive(page):
    from selenium.webdriver.common.keys import Keys

    def strips(name):
        """Whether the strips of a node are still empty: its value's and its gradient's."""
        return page.execute_script(
            "const entry = [...drawn.values()].find(({g}) => g.ariaLabel.startsWith(arguments[0]));"
            "return entry.strips.map(s => s.cells.every(c => c.classList.contains('blank')))",
            name,
        )

    def seen():
        return page.execute_script("return document.getElementById('world').innerHTML")

    key(page, Keys.HOME)
    assert strips("r₁") == [True, True] and strips("h₁") == [True, True]
    shows, captions = [seen()], []
    total = int(page.find_element("id", "count").text.split(" / ")[1])
    for _ in range(total):
        key(page, Keys.ARROW_RIGHT)
        shows.append(seen())
        captions.append(page.find_element("id", "caption").text)
    assert all(before != after for before, after in pairwise(shows))  # one event, one visible change
    assert len(set(captions)) == total
    assert strips("r₁") == [False, False] and strips("h₁") == [False, False]
    turn = captions.index(next(words for words in captions if "operations back" in words))
    page.execute_script("to(stops[arguments[0]])", turn)
    assert strips("r₁") == [False, True]  # its gradient is still to come


def test_chapters_lead_to_a_step_a_gate_and_the_shares_of_a_weight(page):
    from selenium.webdriver.support.ui import Select

    chapters = Select(page.find_element("id", "chapters"))
    texts = [option.text for option in chapters.options]
    for wanted in ("time step 2 / reset gate", "the loss", "first share of W_r", "all 3 shares of W_r"):
        assert wanted in texts, wanted
    chapters.select_by_visible_text("first share of W_r")
    assert (
        "∂L/∂W_r" in page.find_element("id", "caption").text
        and "contribution 1 of 3" in page.find_element("id", "caption").text
    )
    chapters.select_by_visible_text("the loss")
    assert "L = ½ Σ h₃²" in page.find_element("id", "caption").text
    assert errors(page) == []


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
@pytest.mark.parametrize("level", ["cell", "gate", "op"])
def test_it_begins_where_one_can_read(page, size, level):
    sized(page, *size)
    opened_to(page, level)
    smallest, wide, high = page.execute_script(
        "const e = document.documentElement;"
        "return [view.k * 10, e.scrollWidth - innerWidth, e.scrollHeight - innerHeight]"  # letters are of 10 and more
    )
    first = page.execute_script("return [view.x, view.x + scene.root.w * view.k, innerWidth]")
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert smallest >= 8.4 and wide <= 0 and high <= 0
    assert first[0] >= 0


def test_in_a_frame_whose_size_comes_late_it_begins_there_too(chromium, tmp_path):  # noqa: F811
    frame = (
        f'<iframe sandbox="allow-scripts" style="width: 900px; height: 10px" srcdoc="{escape(gru_page())}"></iframe>'
    )
    driver = opened(chromium, tmp_path, f"<!doctype html><title>x</title>{frame}")
    time.sleep(0.3)
    driver.execute_script("document.querySelector('iframe').style.height = '700px'")
    time.sleep(0.3)
    driver.switch_to.frame(0)
    top, stage = driver.execute_script(
        "const r = document.getElementById('world').getBoundingClientRect(), s = stage.getBoundingClientRect();"
        "return [r.top - s.top, s.height]"
    )
    driver.switch_to.default_content()
    assert stage > 300 and 0 < top < 40  # its first row stands above
    assert errors(driver) == []


# What stands on another item of its box or outside of the box, and edges that do not lead from their source's right
# side to their target's left one.
MISPLACED = """
const items = [], walk = box => box.items.forEach(i => { items.push([i, box]); if (i.items) walk(i); });
walk(scene.root);
const out = [], beside = (a, b) => a.X + a.w <= b.X || b.X + b.w <= a.X || a.Y + a.h <= b.Y || b.Y + b.h <= a.Y;
const within = (a, box) => a.X >= box.X && a.Y >= box.Y && a.X + a.w <= box.X + box.w && a.Y + a.h <= box.Y + box.h;
for (const [a, box] of items) {
  if (![a.X, a.Y, a.w, a.h].every(Number.isFinite)) out.push(`${a.id} is nowhere`);
  if (box !== scene.root && !within(a, box)) out.push(`${a.id} leaves ${box.id}`);
  for (const [b, other] of items) if (a !== b && box === other && !beside(a, b)) out.push(`${a.id} on ${b.id}`);
}
for (const {source, target, path} of scene.edges) {
  const from = path.getPointAtLength(0), to = path.getPointAtLength(path.getTotalLength());
  if (Math.abs(from.x - source.X - source.w) > 1 || from.y < source.Y || from.y > source.Y + source.h)
    out.push(`an edge of ${source.id} begins elsewhere`);
  if (Math.abs(to.x - target.X) > 1 || to.y < target.Y || to.y > target.Y + target.h)
    out.push(`an edge to ${target.id} ends elsewhere`);
}
return out;
"""


@pytest.mark.parametrize("level", ["cell", "gate", "op"])
def test_no_two_nodes_overlap_none_leaves_its_box_and_edges_join_what_they_should(page, level):
    opened_to(page, level)
    assert page.execute_script(MISPLACED) == []


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_neither_do_those_of_random_graphs_however_they_are_opened(chromium, tmp_path, seed, backward):  # noqa: F811
    driver = opened(chromium, tmp_path, tg.draw(random_loss(seed), backward=backward).html())
    boxes = driver.execute_script("return D.boxes.length")
    rng = np.random.default_rng(seed)
    for _ in range(4):
        open_ones = [b for b in range(boxes) if rng.random() < 0.6]
        driver.execute_script("opened.clear(); arguments[0].forEach(b => opened.add(b)); redraw()", open_ones)
        assert driver.execute_script(MISPLACED) == []
    assert errors(driver) == []


def test_boxes_that_depend_on_each_other_in_a_circle_are_drawn_too(chromium, tmp_path):  # noqa: F811
    h = tg.Tensor([1.0, 2.0], requires_grad=True, name="h")
    for t in range(1, 15):  # what each step makes is worked on outside of it, and goes into the next
        with tg.scope("step", t):
            h = tg.tanh(h * 2.0).named("h")
        h = h + 1.0
    driver = opened(chromium, tmp_path, tg.draw(tg.sum(h).named("L")).html())
    for boxes in ("[]", "[0]", "[...D.boxes.keys()]"):
        driver.execute_script(f"opened.clear(); {boxes}.forEach(b => opened.add(b)); redraw()")
        assert driver.execute_script(MISPLACED) == [], boxes
    assert errors(driver) == []


def test_the_check_notices_nodes_on_each_other_and_edges_from_elsewhere(page):
    page.execute_script("for (const item of scene.items.values()) if (!item.items) item.X += 60;")
    assert len(page.execute_script(MISPLACED)) > 10


def test_the_state_goes_straight_from_step_to_step(page):
    bends = page.execute_script(
        "return scene.edges.filter(e => e.line).map(({pieces}) => {"
        "  const rows = new Map();"  # of the outermost box, in which each part of the line lies
        "  let row = pieces.find(p => p.box === scene.root)?.chain[0].row;"
        "  for (const {box, chain} of pieces) for (const c of chain) {"
        "    if (box === scene.root) row = c.row;"
        "    if (c.dummy || c.port) rows.set(row, [...(rows.get(row) ?? []), box.top + c.y]);"
        "  }"
        "  return Math.max(0, ...[...rows.values()].map(y => Math.max(...y) - Math.min(...y))); })"
    )
    assert len(bends) >= 6 and max(bends) < 20


def test_steps_are_wrapped_into_rows_that_fit_and_joined_between_them(page):
    sized(page, 1280, 800)
    opened_to(page, "gate")
    rows, wide, stage, tops = page.execute_script(
        "const steps = scene.root.items.filter(i => i.items && i.isStep);"
        "return [scene.root.rows.length, scene.root.w * view.k, innerWidth, steps.map(i => [i.X, i.Y, i.Y + i.h])]"
    )
    assert rows >= 3 and wide < stage and len(tops) == 3
    assert all(before[2] < after[1] for before, after in pairwise(tops))  # below each other
    turns = page.execute_script(
        "return scene.edges.filter(e => e.line).map(e => e.path.getAttribute('d')).filter(d => d.includes('V'))"
    )
    assert len(turns) == 2  # the state, from the first row to the second and on to the third
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert errors(page) == []


def test_three_thousand_nodes_can_be_used(chromium, tmp_path):  # noqa: F811
    """Limits for a machine that is busy with other tests; alone it is a fraction of them (docs/graphs.md)."""
    timed = (
        "const start = performance.now(); eval(arguments[0]); document.body.getBoundingClientRect();"
        "return performance.now() - start"
    )
    start = time.monotonic()
    driver = opened(chromium, tmp_path, gru_page(137))
    assert time.monotonic() - start < 20
    assert len(names(driver)) < 200  # all but the first ten steps are closed
    assert driver.execute_script(timed, "D.boxes.forEach((_, b) => opened.add(b)); redraw()") < 10_000
    assert driver.execute_script("return scene.items.size") > 3000
    assert driver.execute_script(timed, "view.x -= 300; place()") < 500
    assert driver.execute_script(timed, "to(stopAfter(at < N ? at : 0))") < 3000
    assert driver.execute_script(timed, "zoomed(1.25)") < 3000
    written = driver.execute_script("return document.querySelectorAll('.detail').length")
    assert 0 < written < 900  # those in view, and some that were
    assert errors(driver) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("level", ["gate", "op"])
def test_axe_finds_no_violation(chromium, tmp_path, theme, level):  # noqa: F811
    import axe_core_python

    driver = opened(chromium, tmp_path, gru_page(2, theme=theme, level=level))
    assert driver.execute_script("return document.documentElement.dataset.theme") == theme
    driver.execute_script("document.getElementById('search').value = 'r'; search(); inspect(3)")
    time.sleep(0.3)
    driver.execute_script((Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = driver.execute_async_script("const done = arguments[0]; axe.run().then(r => done(r.violations))")
    assert [(v["id"], v["impact"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] != "minor"] == []


def test_a_path_that_was_asked_for_is_lit_at_the_beginning(chromium, tmp_path):  # noqa: F811
    driver = opened(chromium, tmp_path, gru_page(path="W_r@1", level="op"))
    assert driver.find_element("id", "who").text == "W_r (6, 4)"
    dim = driver.execute_script(
        "return [...document.querySelectorAll('g.node.dim')].map(g => g.ariaLabel.split(',')[0])"
    )
    assert "W_z" in dim and "W_r" not in dim and "L" not in dim
    assert errors(driver) == []


def test_a_report_holds_the_page_and_axe_finds_nothing_in_either(chromium, tmp_path):  # noqa: F811
    import axe_core_python

    config = Config.of("adding", length=5, hidden=4, updates=10, batch=2)
    report = write_report(train_run(config, tmp_path / "run", quiet=True).run)
    driver = opened(chromium, tmp_path, report.read_text(encoding="utf-8"))
    time.sleep(0.5)
    axe = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    frame = driver.find_element("css selector", "iframe[title^='The graph']")
    for inside in (None, frame):
        if inside is not None:
            driver.switch_to.frame(inside)
            assert any(name.startswith("r₁, sigmoid") for name in names(driver))
        driver.execute_script(axe)
        script = "const done = arguments[0]; axe.run({iframes: false}).then(r => done(r.violations))"
        violations = driver.execute_async_script(script)
        serious = [(v["id"], v["nodes"][0]["html"][:200]) for v in violations if v["impact"] in ("serious", "critical")]
        assert serious == [], inside
    driver.switch_to.default_content()
    assert errors(driver) == [] and requests(driver) == []


def test_hostile_names_stay_text_in_boxes_chips_search_and_panel(chromium, tmp_path):  # noqa: F811
    name = '</script><img src=x onerror="window.hacked=1"><b>"&_x'
    W = nn.Parameter(np.ones((2, 2), np.float32), name=name)
    with tg.record(), tg.scope(name, role=name):
        x = tg.Tensor([[2.0, 1.0]], requires_grad=True, name=name)
        loss = tg.sum(tg.tanh(x @ W).named(name)).named(name)
    driver = opened(chromium, tmp_path, tg.draw(loss, title=name, level="op").html())
    assert driver.find_element("id", "title").text == name
    driver.find_element("id", "search").send_keys("img")
    for hit in driver.find_elements("css selector", "#hits button")[:3]:
        hit.click()
    assert name in driver.find_element("id", "who").text
    assert driver.execute_script("return [window.hacked ?? null, document.images.length]") == [None, 0]
    assert errors(driver) == [] and requests(driver) == []

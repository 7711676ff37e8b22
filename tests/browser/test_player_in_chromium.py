"""The player in a real browser: it plays to the end, its numbers are the engine's, everybody can use it."""

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.core.support.modes import record
from tinygrad_gru.diagram.api import loss_of_layer
from tinygrad_gru.diagram.explore.captions import caption, states
from tinygrad_gru.diagram.explore.trace import trace_of
from tinygrad_gru.inspection.analyse import look_inside
from tinygrad_gru.inspection.page import page as insides_page
from tinygrad_gru.playback.page import page_of_layer, player

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]

X = np.random.default_rng(0).normal(size=(3, 1, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """A headless Chromium that writes down every request and every message."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = os.environ.get("CHROMIUM") or shutil.which("chromium") or "chromium"
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 f"--user-data-dir={tmp_path_factory.mktemp('profile')}", "--window-size=1280,800"):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options, service)
    yield driver
    driver.quit()


def opened(driver, folder: Path, text: str):
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    driver.get_log("browser")
    driver.get_log("performance")
    driver.get(path.as_uri())
    return driver


def errors(driver):
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]


def requests(driver):
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    urls = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    return [url for url in urls if not url.startswith(("file://", "data:", "chrome://"))]  # its first tab


@pytest.fixture
def page(chromium, tmp_path):
    with tg.seed(0):
        layer = nn.GRU(2, 4)
    return opened(chromium, tmp_path, page_of_layer(layer, X, "GRU"))


def count(driver):
    return driver.find_element("id", "count").text


def opened_to(driver, level):
    """Every box open, say: then each operation is an event of its own."""
    from selenium.webdriver.support.ui import Select

    Select(driver.find_element("id", "level")).select_by_value(level)
    driver.execute_script("document.activeElement.blur()")  # the arrows are the player's again


def key(driver, *keys):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(driver).send_keys(*keys).perform()


def test_it_plays_to_the_end_and_its_gradients_are_the_engines(page, tmp_path):
    page.execute_script("window.playerPause = 1")
    total = int(count(page).split("/")[1])
    page.find_element("id", "play").click()
    deadline = time.monotonic() + 120
    while count(page) != f"{total} / {total}" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert count(page) == f"{total} / {total}"
    found = page.execute_script("return window.gradients()")

    with tg.seed(0), record():
        layer = nn.GRU(2, 4)
        loss = 0.5 * tg.sum(tg.square(layer(tg.Tensor(X, requires_grad=True))[1]))
    for name in ("W_r", "W_z", "W_h", "b_r", "b_z", "b_h"):
        (wanted,) = tg.grad(loss, [getattr(layer.cell, name)])
        np.testing.assert_allclose(np.array(found[name]).reshape(wanted.shape), wanted, rtol=5e-3, atol=1e-5)
    assert len(found) > 20
    assert errors(page) == [] and requests(page) == []


def test_keys_buttons_and_the_scrubber(page):
    from selenium.webdriver.common.keys import Keys

    opened_to(page, "op")
    key(page, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert count(page).startswith("2 /")
    assert "forward 2" in page.find_element("id", "caption").text
    key(page, Keys.ARROW_LEFT)
    assert count(page).startswith("1 /")
    key(page, "l")
    turn = int(count(page).split(" ")[0])
    page.find_element("id", "next").click()
    assert count(page).startswith(f"{turn + 1} /")
    assert page.find_element("id", "caption").text.startswith("back 1 of 55: ")
    key(page, Keys.END)
    first, last = count(page).split(" / ")
    assert first == last
    key(page, Keys.HOME)
    assert count(page).startswith("0 /")
    page.execute_script("const s = document.getElementById('scrub'); s.value = 7; s.dispatchEvent(new Event('input'))")
    assert count(page).startswith("7 /")
    page.find_element("id", "toloss").click()
    assert count(page).startswith(f"{turn} /")
    assert errors(page) == []


def test_a_contribution_says_how_many_there_are_and_what_they_add_up_to(page):
    from selenium.webdriver.common.keys import Keys

    key(page, "l")
    told = []
    total = int(count(page).split("/")[1])
    while int(count(page).split(" ")[0]) < total:
        key(page, Keys.ARROW_RIGHT)
        told.append(page.find_element("id", "caption").text)
    assert any("contribution 2 of" in text and "together" in text for text in told)


def test_a_click_lights_the_ways_of_the_gradient_and_fills_the_inspector(page):
    node = page.execute_script(
        "return [...document.querySelectorAll('g.node')].find(g => g.getAttribute('aria-label').startsWith('r₁'))"
    )
    page.execute_script("arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", node)
    assert page.find_element("id", "who").text.startswith("r₁")
    text = page.find_element("id", "facts").text
    assert "not computed yet" in text and "ways of the gradient" in text and "σ(x)" in text
    assert page.execute_script("return document.querySelectorAll('.dim').length") > 0
    page.execute_script("document.getElementById('toloss').click()")
    assert "not computed yet" in page.find_element("id", "facts").text  # its gradient
    from selenium.webdriver.common.keys import Keys

    key(page, Keys.ESCAPE)
    assert page.execute_script("return document.querySelectorAll('.dim').length") == 0
    assert errors(page) == []


def test_a_weight_is_lit_at_each_of_its_uses(page):
    opened_to(page, "op")
    tags = page.execute_script(
        "const found = [...document.querySelectorAll('g.node.tag')];"
        "const W_r = found.filter(g => g.getAttribute('aria-label').startsWith('W_r'));"
        "W_r[1].dispatchEvent(new MouseEvent('click', {bubbles: true}));"
        "const W_z = found.filter(g => g.getAttribute('aria-label').startsWith('W_z'));"
        "return [W_r, W_z].map(tags => tags.map(g => g.classList.contains('dim')))"
    )
    assert tags == [[False] * 3, [True] * 3]
    assert "ways of the gradient from the loss\n31" in page.find_element("id", "facts").text  # 1 + 5 + 25


def test_levels_and_themes_are_switched_in_place(page):
    counts = {}
    for level in ("op", "cell", "gate"):
        opened_to(page, level)
        counts[level] = page.execute_script("return document.querySelectorAll('g.node:not(.tag)').length")
        box = page.execute_script(
            "const r = document.getElementById('world').getBoundingClientRect(); return [r.width, r.height]"
        )
        assert box[0] > 100 and box[1] > 20
    assert counts["cell"] < 8 < counts["gate"] < counts["op"] == 56
    before = page.execute_script("return document.documentElement.dataset.theme")
    page.find_element("id", "theme").click()
    assert page.execute_script("return document.documentElement.dataset.theme") != before
    assert errors(page) == []


def sized(driver, width, height):
    """The window's inside, exactly: a window of Chromium itself is never narrower than 500."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
@pytest.mark.parametrize("event", [0, 60, 110])
def test_it_fits_the_window_and_a_phone(page, size, event):
    sized(page, *size)
    page.execute_script("show(arguments[0])", event)
    inside, wide, high = page.execute_script(
        "const e = document.documentElement;"
        "return [innerWidth, e.scrollWidth - innerWidth, e.scrollHeight - innerHeight]"
    )
    stage = page.execute_script("const r = document.getElementById('stage').getBoundingClientRect(); return r.height")
    low = page.execute_script("return document.getElementById('scrub').getBoundingClientRect().bottom")
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert inside == size[0] and wide <= 0 and high <= 0
    assert stage > 250 and low <= size[1]


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_it_starts_where_one_can_read_and_goes_along(page, size):
    sized(page, *size)
    page.refresh()
    inside = (
        "const stage = document.getElementById('stage').getBoundingClientRect();"
        "const r = arguments[0].getBoundingClientRect();"
        "return [r.left - stage.left, stage.right - r.right, r.top - stage.top, stage.bottom - r.bottom, view.k]"
    )
    first = page.execute_script("return document.querySelector('g.node[aria-label^=h₀]')")
    *room, k = page.execute_script(inside, first)
    assert min(room) > 0 and k >= 0.8  # letters of 12 are 9.6 pixels high
    page.execute_script("follow(true)")
    total = int(count(page).split("/")[1])
    for n in range(1, total, 9):
        page.execute_script("to(stops[arguments[0]])", n)
        time.sleep(0.5)
        *room, k = page.execute_script(inside, page.find_element("css selector", ".now"))
        assert min(room) >= -20 and k >= 0.8, n
    page.find_element("id", "fit").click()
    assert page.find_element("id", "follow").get_attribute("aria-pressed") == "false"
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert errors(page) == []


def test_the_wheel_zooms_dragging_moves_and_fit_shows_all(page):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    stage = page.find_element("id", "stage")

    def state():
        return page.execute_script("return [view.k, view.x, view.y]")

    page.find_element("id", "fit").click()
    first = state()
    ActionChains(page).scroll_from_origin(ScrollOrigin.from_element(stage), 0, -200).perform()
    wheeled = state()
    assert wheeled[0] > 1.3 * first[0]
    ActionChains(page).move_to_element_with_offset(stage, 0, 200).click_and_hold().move_by_offset(
        60, 30
    ).release().perform()
    dragged = state()
    assert np.allclose(dragged[1:], [wheeled[1] + 60, wheeled[2] + 30], atol=1.5) and dragged[0] == wheeled[0]
    page.find_element("id", "in").click()
    assert state()[0] > dragged[0]
    page.find_element("id", "out").click()
    page.find_element("id", "fit").click()
    assert np.allclose(state(), first)
    assert page.find_element("id", "who").text == "Click a node"  # dragging is no click
    assert errors(page) == []


def test_every_node_has_a_name_and_is_reached_by_keys(page):
    from selenium.webdriver.common.keys import Keys

    opened_to(page, "op")
    for event in (0, 30, 110):
        page.execute_script("show(arguments[0])", event)
        found = page.execute_script(
            "return [...document.querySelectorAll('g.node')]"
            ".map(g => [g.getAttribute('aria-label'), g.getAttribute('role'), g.tabIndex])"
        )
        assert len(found) > 20 and all(role == "button" and tab == 0 for _, role, tab in found)
        assert all(", " in name and "step1_" not in name for name, *_ in found), found
    names = " | ".join(name for name, *_ in found)
    assert "h₁, add, value [" in names and "gradient [" in names and "(1 − z₁)⊙h₀, multiply" in names
    page.execute_script("show(0); document.querySelector('g.node[aria-label^=r₂]').focus()")
    assert "not computed yet" in page.switch_to.active_element.get_attribute("aria-label")
    key(page, Keys.ENTER)
    assert page.find_element("id", "who").text.startswith("r₂")
    assert count(page).startswith("0 /")  # Enter chose, and played nothing


def test_captions_are_announced_one_by_one_but_not_while_it_plays(page):
    caption = page.find_element("id", "caption")
    page.execute_script("window.playerPause = 200")
    page.find_element("id", "play").click()
    time.sleep(0.5)
    assert caption.get_attribute("aria-live") == "off"
    page.find_element("id", "play").click()
    assert caption.get_attribute("aria-live") == "polite" and caption.get_attribute("role") == "status"


def test_with_reduced_motion_nothing_moves_by_itself(page):
    def moving():
        return page.execute_script(
            "show(30); return [getComputedStyle(document.querySelector('.flow path')).animationName,"
            "getComputedStyle(document.querySelector('g.node')).transitionDuration]"
        )

    assert moving()[0] == "run"
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    )
    found = moving()
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert found == ["none", "0s"]


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "own"])
def test_other_graphs_play_and_end_with_the_engines_gradients(chromium, tmp_path, kind):
    with tg.seed(0), record():
        if kind == "own":
            x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
            loss, leaves = tg.sum(tg.tanh(x) * x * x).named("L"), {"x": x}
        else:
            layer = getattr(nn, kind)(2, 4)
            loss = loss_of_layer(layer, X)
            leaves = {p.name: p for p in layer.parameters()}
    driver = opened(chromium, tmp_path, player(loss, kind))
    driver.execute_script("openTo('op'); redraw()")
    trace = trace_of(loss)
    for state in states(trace):  # every single event says what the engine did
        if state.at:
            driver.execute_script("show(arguments[0])", state.at)
            wanted = "".join(words for words, _ in caption(trace, state))
            found = driver.execute_script("return document.getElementById('caption').textContent")
            assert "".join(found.split()).replace("·", "") == "".join(wanted.split()).replace("·", "")
    found = driver.execute_script("return window.gradients()")
    for name, leaf in leaves.items():
        (wanted,) = tg.grad(loss, [leaf])
        np.testing.assert_allclose(np.array(found[name]).reshape(wanted.shape), wanted, rtol=5e-3, atol=1e-5)
    assert errors(driver) == [] and requests(driver) == []


def test_the_shares_of_a_weight_add_up(page):
    """The last event that reaches W_r shows its three shares, and their sum."""
    opened_to(page, "op")
    last = page.execute_script(
        "return D.events.findLastIndex(e => e[2] && e[2].some(([to]) => T[to].title === 'W_r')) + 1"
    )
    page.execute_script("show(arguments[0])", last)
    assert page.find_element("id", "sum-of").text == "∂L/∂W_r adds up"
    rows = page.find_element("id", "sum").text.splitlines()
    assert sum(row.startswith(("1", "+")) for row in rows) == 3 and any(row.startswith("=") for row in rows)
    shares, total = page.execute_script(
        "const to = T.findIndex(t => t.title === 'W_r');"
        "const shares = D.events.flatMap(e => (e[2] || []).filter(p => p[0] === to).map(p => p[1]));"
        "return [shares, gradients().W_r]"
    )
    assert len(shares) == 3
    np.testing.assert_allclose(np.sum(shares, axis=0), total, rtol=2e-3, atol=1e-6)
    page.execute_script("show(D.events.findIndex(e => e[2] && e[2].some(([to]) => T[to].title === 'W_r')) + 1)")
    assert page.find_element("id", "sum").text.count("not yet") == 2


def test_hostile_names_stay_text(chromium, tmp_path):
    name = '</script><img src=x onerror="window.hacked=1">"&'
    with record(), tg.scope(name):
        x = tg.Tensor([2.0], requires_grad=True, name=name)
        text = player(tg.sum(x * x).named(name), title=name)
    driver = opened(chromium, tmp_path, text)
    assert driver.find_element("id", "title").text == name
    key(driver, "l")
    assert driver.execute_script("return window.hacked") is None
    assert errors(driver) == [] and requests(driver) == []


@pytest.mark.parametrize("kind", ["player", "insides"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_violation(chromium, tmp_path, kind, theme):
    import axe_core_python

    with tg.seed(0):
        layer = nn.GRU(2, 4)
    text = (
        page_of_layer(layer, X, "GRU")
        if kind == "player"
        else insides_page([("GRU", look_inside(layer, X, "abc"))], theme=theme)
    )
    driver = opened(chromium, tmp_path, text)
    if kind == "player" and driver.execute_script("return document.documentElement.dataset.theme") != theme:
        driver.find_element("id", "theme").click()
    if kind == "player":  # with everything there is to see
        driver.execute_script("show(N - 3); document.querySelector('g.node').focus()")
        time.sleep(0.5)
    driver.execute_script((Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = driver.execute_async_script("const done = arguments[0]; axe.run().then(r => done(r.violations))")
    serious = [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []
    assert errors(driver) == []

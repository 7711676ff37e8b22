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
from tinygrad_gru.core.scopes import record
from tinygrad_gru.pictures.insides import look_inside
from tinygrad_gru.pictures.insides_page import page as insides_page
from tinygrad_gru.pictures.player import page_of_layer, player

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
    return [url for url in urls if not url.startswith(("file://", "data:"))]


@pytest.fixture
def page(chromium, tmp_path):
    with tg.seed(0):
        layer = nn.GRU(2, 4)
    return opened(chromium, tmp_path, page_of_layer(layer, X, "GRU"))


def count(driver):
    return driver.find_element("id", "count").text


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

    key(page, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert count(page).startswith("2 /")
    assert "forward 2" in page.find_element("id", "caption").text
    key(page, Keys.ARROW_LEFT)
    assert count(page).startswith("1 /")
    key(page, "l")
    turn = int(count(page).split(" ")[0])
    page.find_element("id", "next").click()
    assert count(page).startswith(f"{turn + 1} /")
    assert page.find_element("id", "caption").text.startswith("back 1:")
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
        "return [...document.querySelectorAll('.level:not([hidden]) g.node')]"
        ".find(g => g.getAttribute('aria-label').startsWith('r₁'))"
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


def test_levels_and_themes_are_switched_in_place(page):
    from selenium.webdriver.support.ui import Select

    for level in ("op", "cell", "gate"):
        Select(page.find_element("id", "level")).select_by_visible_text(level)
        shown = page.execute_script(
            "return [...document.querySelectorAll('.level')].filter(b => !b.hidden).map(b => b.dataset.level)"
        )
        assert shown == [level]
        box = page.execute_script(
            "const r = document.querySelector('.level:not([hidden]) svg').getBoundingClientRect();"
            "return [r.width, r.height]"
        )
        assert box[0] > 100 and box[1] > 20
    before = page.execute_script("return document.documentElement.dataset.theme")
    page.find_element("id", "theme").click()
    assert page.execute_script("return document.documentElement.dataset.theme") != before
    assert errors(page) == []


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_it_fits_the_window_and_a_phone(page, size):
    page.set_window_size(*size)
    wide, high = page.execute_script(
        "const e = document.documentElement; return [e.scrollWidth - innerWidth, e.scrollHeight - innerHeight]"
    )
    page.set_window_size(1280, 800)
    assert wide <= 0 and high <= 0


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
    driver.execute_script((Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = driver.execute_async_script("const done = arguments[0]; axe.run().then(r => done(r.violations))")
    serious = [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []
    assert errors(driver) == []

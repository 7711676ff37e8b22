"""The page of `inspect` in a real browser: by keys, by clicks, in both themes, with labels made to do harm."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.browser.test_player_in_chromium import chromium, errors, key, opened, requests  # noqa: F401
from tinygrad_gru import nn
from tinygrad_gru.inspection.analyse import look_inside
from tinygrad_gru.inspection.page import page

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]

X = np.random.default_rng(0).normal(size=(6, 1, 2)).astype(np.float32)
LABELS = ["a", " ", "</script><img src=x onerror=window.hacked=1>", "\n", "<!--", "é"]


@pytest.fixture(scope="module")
def looks():
    with tg.seed(0):
        return [(f"<i>{kind.__name__}</i>", look_inside(kind(2, 4), X, LABELS)) for kind in (nn.RNN, nn.GRU, nn.LSTM)]


def told(driver):
    return [p.text for p in driver.find_elements("css selector", ".told")]


def chosen(driver):
    return driver.execute_script(
        "return [...document.querySelectorAll('.tokens')]"
        ".map(g => [...g.children].findIndex(b => b.ariaPressed === 'true'))"
    )


@pytest.fixture
def opened_page(chromium, tmp_path, looks):  # noqa: F811
    return opened(chromium, tmp_path, page(looks, theme="light"))


def test_a_step_is_chosen_for_all_runs_by_keys_and_by_clicks_and_said_aloud(opened_page, looks):
    from selenium.webdriver.common.keys import Keys

    driver = opened_page
    assert chosen(driver) == [5, 5, 5]
    driver.find_element("css selector", ".tokens button[aria-pressed=true]").click()
    key(driver, Keys.ARROW_LEFT)
    assert chosen(driver) == [4, 4, 4]
    assert driver.switch_to.active_element.get_attribute("aria-pressed") == "true", "the focus goes along"
    key(driver, Keys.HOME, Keys.ARROW_LEFT)
    assert chosen(driver) == [0, 0, 0]
    for text, (_, inside) in zip(told(driver), looks, strict=True):
        assert f"Output 1 “a” depends most on input 1 “a”: {inside.influence[0, 0]:.3g}" in text
    assert "GRU" in driver.find_element("id", "aloud").get_attribute("textContent")
    canvas = driver.find_elements("css selector", "canvas")[1]
    canvas.click()  # into its middle, between two steps
    assert chosen(driver) in ([2, 2, 2], [3, 3, 3])
    assert driver.execute_script("return document.querySelectorAll('.tokens [tabindex=\"0\"]').length") == 3
    asked = [url for url in requests(driver) if not url.startswith("chrome")]  # the browser for its own first page
    assert errors(driver) == [] and asked == []


def test_everything_has_a_name_for_a_screen_reader(opened_page):
    names = opened_page.execute_script(
        "return [...document.querySelectorAll('canvas, .tokens, .tokens button')].map(e => e.ariaLabel)"
    )
    assert len(names) == 3 * (2 + 1 + 6) + 1 + 4 + 6 and all(names)
    assert any(name.startswith("z: 4 units over 6 steps, from 0.") for name in names)
    assert any(name.startswith("step 2: ␣, influence ") for name in names)


def test_both_themes_are_drawn_in_their_own_colours(opened_page):
    driver = opened_page
    corner = "return [...document.querySelector('canvas').getContext('2d').getImageData(990, 8, 1, 1).data].slice(0, 3)"
    driver.find_element("css selector", ".tokens button").click()
    light = driver.execute_script(corner)
    driver.find_element("id", "theme").click()
    dark = driver.execute_script(corner)
    assert light == [255, 255, 255] and max(dark) < 40, "no influence from the future: as empty as the paper"
    assert driver.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"


def test_hostile_labels_and_titles_stay_text(opened_page):
    assert opened_page.execute_script("return window.hacked") is None
    of_others = "return document.querySelectorAll('img, b, i:not([aria-hidden])').length"  # the bars of scales are ours
    assert opened_page.execute_script(of_others) == 0
    assert opened_page.find_element("css selector", "h2").text == "<i>RNN</i>"
    assert LABELS[2] in [b.text for b in opened_page.find_elements("css selector", ".tokens button")]


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_it_is_never_wider_than_the_window(opened_page, size):
    opened_page.set_window_size(*size)
    over = opened_page.execute_script("return document.documentElement.scrollWidth - innerWidth")
    opened_page.set_window_size(1280, 800)
    assert over <= 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(chromium, tmp_path, looks, theme):  # noqa: F811
    from pathlib import Path

    import axe_core_python

    driver = opened(chromium, tmp_path, page(looks, "three runs", at=3, theme=theme))
    driver.execute_script((Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = driver.execute_async_script("const done = arguments[0]; axe.run().then(r => done(r.violations))")
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")] == []


def test_a_network_that_diverged_has_a_page(chromium, tmp_path):  # noqa: F811
    layer = nn.GRU(2, 4)
    layer.cell.W_z.assign(np.full((6, 4), np.nan, np.float32))
    driver = opened(chromium, tmp_path, page([("diverged", look_inside(layer, X, LABELS))]))
    assert "NaN" in driver.find_element("css selector", "table").text
    assert errors(driver) == []

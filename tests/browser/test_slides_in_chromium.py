"""The slides in a real browser: turned by keys and buttons, with their notes, whole on a screen and on a phone."""

import pytest

from tests.browser.test_player_in_chromium import chromium, errors, key, requests  # noqa: F401
from website.slides.__main__ import PAGE, deck

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def slides(chromium):  # noqa: F811
    errors(chromium), requests(chromium)
    chromium.get("about:blank")
    chromium.get(PAGE.as_uri())
    return chromium


def title(driver):
    return driver.find_element("css selector", "section.now h1").text


def test_keys_and_buttons_turn_pages_and_n_shows_the_notes(slides):
    from selenium.webdriver.common.keys import Keys

    titles = [slide["title"] for slide in deck()["slides"]]
    assert title(slides) == titles[0]
    key(slides, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert title(slides) == titles[2] and slides.current_url.endswith("#3")
    slides.find_element("id", "before").click()
    assert title(slides) == titles[1]
    key(slides, Keys.END, Keys.ARROW_RIGHT)
    assert title(slides) == titles[-1] and "9 / 9 · 5 min, from 40′" in slides.find_element("id", "count").text
    notes = slides.find_element("css selector", "section.now .notes")
    assert not notes.is_displayed()
    key(slides, "n")
    assert notes.is_displayed() and "Count with the room" in notes.text
    assert slides.find_element("id", "say").get_attribute("aria-pressed") == "true"


def test_all_pictures_are_there_and_nothing_is_asked_of_others(slides):
    from selenium.webdriver.common.keys import Keys

    for _ in deck()["slides"]:
        assert slides.execute_script("return [...document.images].every(i => i.complete && i.naturalWidth > 0)")
        key(slides, Keys.ARROW_RIGHT)
    assert errors(slides) == [] and [url for url in requests(slides) if not url.startswith("chrome")] == []


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (500, 800)])
def test_a_slide_is_never_larger_than_its_screen(slides, width, height):
    slides.set_window_size(width, height)
    for number in range(len(deck()["slides"])):
        slides.execute_script("show(arguments[0])", number)
        over = slides.execute_script(
            "const r = document.querySelector('section.now').getBoundingClientRect();"
            "return [r.width - innerWidth, r.height - innerHeight, document.documentElement.scrollWidth - innerWidth]"
        )
        assert max(over) <= 0, (number, over)
    slides.set_window_size(1280, 800)


@pytest.mark.parametrize("noted", [False, True])
def test_what_one_can_drag_is_seen_whole_on_a_projector_with_and_without_notes(noted, slides):
    screen = {"width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": False}
    slides.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)  # a window would lose its head
    slides.execute_script("document.body.classList.toggle('with-notes', arguments[0])", noted)
    pages = 0
    for number, slide in enumerate(deck()["slides"]):
        if "page" in slide:
            slides.execute_script("show(arguments[0])", number)
            slides.switch_to.frame(slides.find_element("css selector", "section.now iframe"))
            below = slides.execute_script(
                "const all = [...document.querySelectorAll('main > *')];"
                "return Math.max(...all.map(e => e.getBoundingClientRect().bottom)) - innerHeight"
            )
            slides.switch_to.default_content()
            assert below <= 0, (slide["title"], below)
            pages += 1
    slides.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert pages == 3

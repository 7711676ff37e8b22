"""The site as it is built, in a browser: no error, no request outside, all pictures there, on a phone, in the dark."""

import http.server
import threading
import time
from functools import partial

import pytest

from tests.browser.test_player_in_chromium import chromium, errors, requests  # noqa: F401
from website.__main__ import build
from website.checks import faults

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]

PHONE, DESKTOP = (390, 844), (1280, 800)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "site"
    start = time.perf_counter()
    build(folder)
    assert time.perf_counter() - start < 60
    return folder


@pytest.fixture(scope="module")
def address(site):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def pages_of(site):
    """All pages but most of those that only show a file."""
    pages = [page.relative_to(site).as_posix() for page in sorted(site.rglob("*.html")) if page.name != "404.html"]
    sources = [page for page in pages if page.startswith("source/")]
    return [page for page in pages if page not in sources[2:]]


def sized(driver, size):
    """A window of this size, as a phone has it if it is narrow."""
    width, height = size
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )


def coloured(driver, scheme):
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )


def outside(driver, address):
    return [url for url in requests(driver) if not url.startswith((address, "chrome"))]


MISSING = """return [...document.images].filter(i => i.loading !== 'lazy' && !(i.complete && i.naturalWidth > 0))
    .map(i => i.currentSrc || i.src)"""


def test_the_checker_finds_nothing(site):
    assert faults(site) == [] and len(pages_of(site)) > 70


def wrong_with(driver, address, page):
    """What goes wrong as a page is loaded on a desktop, and then made as narrow as a phone and dark; each in a line."""
    sized(driver, DESKTOP)
    coloured(driver, "light")
    driver.get(f"{address}/{page}")
    return [*wrong_now(driver, address, page, DESKTOP), *wrong_on_a_phone(driver, address, page)]


def wrong_on_a_phone(driver, address, page):
    sized(driver, PHONE)
    coloured(driver, "dark")
    return wrong_now(driver, address, f"{page} on a phone", PHONE)


def wrong_now(driver, address, page, size):
    wrong = [f"{page}: {message}" for message in errors(driver)]
    wrong += [f"{page}: missing: {picture}" for picture in driver.execute_script(MISSING)]
    wrong += [f"{page}: outside: {url}" for url in outside(driver, address)]
    # Not innerWidth: a phone zooms out until what is too wide fits, and innerWidth grows with it.
    over = driver.execute_script("return document.documentElement.scrollWidth") - size[0]
    return wrong + [f"{page}: {over} pixels wider than the window"] * (over > 0)


def test_every_page_loads_without_an_error_and_without_a_request_outside(site, address, chromium):  # noqa: F811
    chromium.get(address)
    errors(chromium), requests(chromium)
    assert [line for page in pages_of(site) for line in wrong_with(chromium, address, page)] == []


def test_pages_load_on_a_phone_in_the_dark(site, address, chromium):  # noqa: F811
    wrong_on_a_phone(chromium, address, "before")
    wrong = []
    for page in [page for page in pages_of(site) if "/" not in page or page.startswith("learn/")][::4]:
        chromium.get(f"{address}/{page}")
        wrong += wrong_now(chromium, address, page, PHONE)
    assert wrong == []


PLANTED = {
    "<script>console.error('planted')</script>": "planted",
    "<script>nobody.planted()</script>": "nobody is not defined",
    '<img src="planted.png" alt="">': "missing: ",
    '<script src="http://127.0.0.1:9/x.js"></script>': "outside: http://127.0.0.1:9/x.js",
    '<p style="width: 3000px">wide</p>': "pixels wider than the window",
    '<meta name="viewport" content="width=device-width"><p style="width: 700px">wide</p>': "on a phone: 3",
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_noticed(fault, site, address, chromium):  # noqa: F811
    chromium.get(address)
    errors(chromium), requests(chromium)
    planted = site / f"planted{list(PLANTED).index(fault)}.html"  # the browser keeps a page by its address
    planted.write_text(f"<!doctype html><title>planted</title>{fault}", encoding="utf-8")
    try:
        assert any(PLANTED[fault] in line for line in wrong_with(chromium, address, planted.name))
    finally:
        planted.unlink()


def test_in_the_dark_the_paper_is_dark_and_the_letters_are_light(address, chromium):  # noqa: F811
    sized(chromium, DESKTOP)
    for scheme, dark in (("light", False), ("dark", True)):
        coloured(chromium, scheme)
        chromium.get(f"{address}/learn/index.html")
        paper, letters = chromium.execute_script(
            "const of = (e, p) => getComputedStyle(e)[p].match(/[\\d.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0);"
            "return [of(document.body, 'backgroundColor'), of(document.querySelector('article p'), 'color')]"
        )
        assert (paper < letters) == dark and abs(paper - letters) > 300


def test_a_note_stands_beside_its_lines_and_on_a_phone_above_them(address, chromium):  # noqa: F811
    places = (
        "const b = [...document.querySelectorAll('.beside')].find(b => b.innerText.includes('The algorithm.'));"
        "return ['.note', '.lines'].map(s => { const r = b.querySelector(s).getBoundingClientRect();"
        "return [r.left, r.top, r.bottom] })"
    )
    sized(chromium, DESKTOP)
    chromium.get(f"{address}/book/3.html")
    note, lines = chromium.execute_script(places)
    assert note[0] < lines[0] and abs(note[1] - lines[1]) < 5
    sized(chromium, PHONE)
    note, lines = chromium.execute_script(places)
    assert abs(note[0] - lines[0]) < 5 and note[2] <= lines[1] + 1


def test_formulas_are_set_by_the_browser_itself(address, chromium):  # noqa: F811
    sized(chromium, DESKTOP)
    chromium.get(f"{address}/formulas.html")
    heights = chromium.execute_script(
        "return [...document.querySelectorAll('math')].map(m => m.getBoundingClientRect().height)"
    )
    assert len(heights) > 80 and min(heights) > 5
    fractions = chromium.execute_script("return document.querySelectorAll('mfrac').length")
    assert fractions > 60 and "MathJax" not in chromium.page_source and "katex" not in chromium.page_source.lower()


def test_the_search_finds_a_word_and_leads_to_its_page(address, chromium):  # noqa: F811
    from selenium.webdriver.common.keys import Keys

    sized(chromium, DESKTOP)
    chromium.get(f"{address}/index.html")
    chromium.find_element("css selector", ".md-search__button").click()
    time.sleep(0.5)
    assert found_in(chromium) == []
    chromium.switch_to.active_element.send_keys("unbroadcast")
    deadline = time.monotonic() + 20
    while not found_in(chromium) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert any("def unbroadcast" in text for text in found_in(chromium))
    chromium.switch_to.active_element.send_keys(Keys.ENTER)
    while "index.html" in chromium.current_url and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "unbroadcast" in chromium.find_element("css selector", "article").text
    assert outside(chromium, address) == []


def found_in(driver):
    """The results that the search shows."""
    return driver.execute_script(
        "return [...document.querySelectorAll('*')].filter(e => e.shadowRoot)"
        ".flatMap(e => [...e.shadowRoot.querySelectorAll('[role=listbox] > *')]).map(e => e.textContent)"
    )


@pytest.mark.parametrize(
    "page", ["learn/09-skim-draft-overwrite.html", "book/3.html", "formulas.html", "api/tg.nn.html"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_what_is_ours(page, scheme, address, chromium):  # noqa: F811
    from pathlib import Path

    import axe_core_python

    sized(chromium, DESKTOP)
    coloured(chromium, scheme)
    chromium.get(f"{address}/{page}")
    chromium.execute_script((Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = chromium.execute_async_script(
        "const done = arguments[0]; axe.run('article', {rules: {'color-contrast': {enabled: false}}})"
        ".then(r => done(r.violations))"
    )
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")] == []

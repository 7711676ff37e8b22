"""The pages to drag in a real browser: their numbers are NumPy's and the engine's, and everybody can use them."""

import itertools

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.browser.test_player_in_chromium import chromium, errors, requests  # noqa: F401
from website.drag.__main__ import FOLDER, TITLES, data_of

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def at(chromium):  # noqa: F811
    """Open a page by its name."""

    def at(name):
        errors(chromium), requests(chromium)
        chromium.get((FOLDER / f"{name}.html").as_uri())
        return chromium

    return at


def drag(driver, **values):
    """Move sliders, as an input event does."""
    for key, value in values.items():
        driver.execute_script(
            "const e = document.getElementById(arguments[0]); e.value = arguments[1];"
            "e.dispatchEvent(new Event('input', {bubbles: true}))",
            key,
            value,
        )


def said(driver):
    return driver.find_element("id", "say").text


def states_of_one_unit(z, r, h0=0.8):
    h = [h0]
    for t in range(60):
        x = 2.0 if t == 0 else 0.3 * np.sin(t)
        h.append((1 - z) * h[-1] + z * np.tanh(0.9 * x + 1.2 * r * h[-1] - 0.1))
    return np.array(h)


@pytest.mark.parametrize(("z", "r"), [(0.12, 1.0), (0.0, 0.5), (1.0, 0.0), (0.5, 0.73)])
def test_the_state_and_its_gradient_are_those_of_numpy(z, r, at):
    driver = at("gate")
    drag(driver, z=z, r=r)
    got = driver.execute_script("return run(arguments[0], arguments[1])", z, r)
    states = states_of_one_unit(z, r)
    np.testing.assert_allclose(got["h"], states, rtol=1e-12, atol=1e-15)
    step = 1e-30  # a complex step: exact to the last digit, and independent of the chain rule in the page
    np.testing.assert_allclose(got["g"][0], states_of_one_unit(z, r, 0.8 + step * 1j)[-1].imag / step, rtol=1e-11)
    assert got["g"][-1] == 1
    assert f"h after 60 steps: {states[-1]:.4f}".replace("-", "−") in said(driver)


def test_a_state_that_is_kept_is_seen_and_one_that_is_overwritten_is_the_draft(at):
    driver = at("gate")
    drag(driver, z=0)
    assert "h after 60 steps: 0.8000" in said(driver)  # from 0, nothing to keep could be seen
    got = driver.execute_script("return run(1, 1)")
    assert got["h"][1:] == got["drafts"]


def lengths(cell, x):
    """‖∂(Σ h_T)/∂h_t‖ from the last state to the first, by the engine."""
    cell.astype(np.float64)
    h, states = tg.Tensor(np.zeros((1, 16)), requires_grad=True), []
    for x_t in np.asarray(x)[:, None]:
        (h,) = cell(x_t, h)
        states.append(h)
    return [float(np.linalg.norm(g)) for g in tg.grad(states[-1].sum(), states)][::-1]


@pytest.mark.parametrize("b_z", [-6.0, -4.0, -2.0, 0.0, 2.0])
def test_the_horizon_is_that_of_the_engine(b_z, at):
    driver = at("horizon")
    drag(driver, b=b_z)
    data = data_of("horizon")
    cell = tg.nn.GRUCell(2, 16, dtype=np.float64)
    for name in ("W_r", "W_z", "W_h", "b_r", "b_h"):
        getattr(cell, name).assign(np.array(data[name]))
    cell.b_z.assign(np.full(16, b_z))
    wanted = lengths(cell, data["x"])
    np.testing.assert_allclose(driver.execute_script("return run(arguments[0]).lengths", b_z), wanted, rtol=1e-9)
    assert "of 4 is left" in said(driver) and f"{b_z:.1f}".replace("-", "−") == driver.find_element("id", "bo").text


@pytest.mark.parametrize(("T", "s"), [(60, 1.05), (2, 0.2), (100, 4.0), (30, 2.0)])
def test_the_vanishing_gradient_is_that_of_the_engine_and_below_its_bound(T, s, at):
    driver = at("vanishing")
    drag(driver, T=T, s=s)
    data = data_of("vanishing")
    cell = tg.nn.RNNCell(2, 16, dtype=np.float64)
    cell.W_h.assign(np.concatenate([s * np.array(data["W"]), np.array(data["U"])]))
    cell.b_h.assign(np.array(data["b"]))
    got = driver.execute_script("return run(arguments[0], arguments[1])", T, s)
    exact = 1e-9 if s <= 2 else 1e-4  # at 4 the states are chaotic: what rounding changed grows at each step
    np.testing.assert_allclose(got["lengths"], lengths(cell, data["x"][:T]), rtol=exact)
    assert len(got["bounds"]) == T and all(a <= b * 1.001 for a, b in zip(got["lengths"], got["bounds"], strict=True))
    assert f"{T - 1} steps back" in said(driver)


def test_an_order_of_a_walk_gives_what_the_engine_gives_if_each_comes_after_those_that_give_to_it(at):
    driver = at("order")
    a = tg.Tensor(np.array(2.0), requires_grad=True)
    b = tg.tanh(a)
    right = float(tg.grad(b * tg.tanh(b), a))
    for order in itertools.permutations("abcd"):
        got = driver.execute_script("return run(arguments[0]).gradient", list(order))
        fits = order.index("d") < order.index("c") < order.index("b")  # a gives to nobody
        assert (abs(got - right) < 1e-15) == fits, order


def test_a_node_is_moved_by_a_button_and_the_focus_goes_along(at):
    from selenium.webdriver.common.keys import Keys

    driver = at("order")
    assert "is right" in said(driver) and "Right" not in said(driver)
    driver.find_element("css selector", '[data-node="b"][data-by="1"]').send_keys(Keys.ENTER)
    assert "Right" in said(driver)
    assert driver.switch_to.active_element.get_attribute("data-node") == "b"
    driver.find_element("id", "near").click()
    assert "only too small" in said(driver)


@pytest.mark.parametrize("name", TITLES)
def test_a_page_fits_a_phone_asks_for_nothing_and_has_no_error(name, at):
    driver = at(name)
    driver.set_window_size(500, 844)
    assert driver.execute_script("return document.documentElement.scrollWidth - innerWidth") <= 0
    driver.set_window_size(1280, 800)
    assert errors(driver) == [] and [url for url in requests(driver) if not url.startswith("chrome")] == []


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(name, scheme, at):
    from pathlib import Path

    import axe_core_python

    driver = at(name)
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    driver.execute_script((Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = driver.execute_async_script("const done = arguments[0]; axe.run().then(r => done(r.violations))")
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")] == []

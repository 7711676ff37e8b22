"""Forecasting waves: the data against its definition, the baselines against the noise, and running free."""

import numpy as np
import pytest

from tinygrad_gru.errors import ConfigError, DataError
from tinygrad_gru.tasks import Sine
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.synthetic.sine import NOISE, forecast, sine_batch


class Same:
    """Answers the last value again."""

    def __call__(self, x):
        return x.data


class Double:
    """Answers twice the last value."""

    def __call__(self, x):
        return 2 * x.data


def test_a_wave_is_a_sine_with_noise_and_what_follows_is_the_wave_itself():
    x, y = sine_batch(np.random.default_rng(0), length=200, batch=300)
    assert x.shape == y.shape == (200, 300, 1) and x.dtype == np.float32
    np.testing.assert_array_equal(x[1:], y[:-1])
    assert x.var() == pytest.approx(1 / 2 + NOISE**2, abs=0.02)
    # A sine of period p obeys x[t+1] = 2 cos(2π/p) x[t] − x[t−1]: what is left over is noise.
    for b in range(20):
        wave = x[:, b, 0].astype(float)
        c = np.dot(wave[1:-1], wave[2:] + wave[:-2]) / np.dot(wave[1:-1], wave[1:-1])
        left = wave[2:] + wave[:-2] - c * wave[1:-1]
        assert left.std() < 3 * NOISE


def test_the_baselines_are_what_they_say_and_leave_room():
    task = Sine(length=60)
    assert task.evaluate(Same()) == pytest.approx(task.baselines["the last value again"], rel=1e-6)
    linear = task.baselines["linear in the last 8"]
    assert NOISE**2 < task.goal < linear < task.baselines["the last value again"]


def test_a_forecast_is_made_from_the_forecasts_before_it():
    x = np.array([1.0, 3.0], np.float32)[:, None, None]
    np.testing.assert_array_equal(forecast(Double(), x, 3)[:, 0], [6, 12, 24])


def test_the_error_grows_with_the_steps_ahead():
    rows = Sine(length=30).tables(Same())["steps ahead"]
    assert [row["ahead"] for row in rows] == [1, 2, 4, 8, 16]
    assert all(row["MSE"] == pytest.approx(row["the last value again"], rel=1e-5) for row in rows)
    assert rows[0]["MSE"] < rows[2]["MSE"]


def test_lines_of_numbers_are_forecast_and_other_lines_named():
    (row,) = Sine.predict(Same(), {}, Source("in", "0.1, 0.5\n"))
    assert row["predicted"].split() == ["0.50"] * 8
    for line in ("0.1 x", "nan", "0 inf", "1e9"):
        with pytest.raises(DataError, match="in, line 1: "):
            list(Sine.predict(Same(), {}, Source("in", line)))


def test_a_wave_too_short_to_know_its_period_is_refused():
    with pytest.raises(ConfigError, match="sine needs 24 or more"):
        Sine(length=23)


@pytest.mark.parametrize("line", ["1,5 2,5", "1,5", "-1,5 2", "0,1,", "1,200.5 3", "1,200,300"])
def test_a_comma_that_may_be_a_decimal_one_is_asked_about(line):
    with pytest.raises(DataError, match="may be one number or several"):
        Sine.read(line, {})


@pytest.mark.parametrize("line", ["1.5 2.5", "1.5,2.5", "1.5, 2.5", "1.5 , 2.5"])
def test_commas_that_are_clear_separate(line):
    assert Sine.read(line, {}).ravel().tolist() == [1.5, 2.5]


def test_whole_numbers_with_a_space_behind_each_comma_are_several():
    assert Sine.read("1, 5, 2", {}).ravel().tolist() == [1, 5, 2]

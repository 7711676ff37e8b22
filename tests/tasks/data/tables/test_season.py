"""After how many rows a table repeats."""

import numpy as np
import pytest

from tinygrad_gru.tasks.data.tables.season import season_of

t = np.arange(240.0)[:, None]


@pytest.mark.parametrize("season", [4, 7, 12, 52])
def test_the_season_of_a_repeated_pattern_on_a_trend_is_found(season):
    pattern = np.random.default_rng(season).normal(size=season)
    values = pattern[t.astype(int) % season] + 0.001 * t**2 + 0.1 * np.random.default_rng(0).normal(size=t.shape)
    assert season_of(values) == season


def test_noise_a_line_a_constant_and_too_few_rows_have_none():
    walk = np.random.default_rng(0).normal(size=t.shape)
    assert [season_of(values) for values in (walk, 3 * t, 0 * t + 5, np.sin(t[:8]))] == [0, 0, 0, 0]


def test_a_column_that_does_not_change_does_not_hide_the_season_of_another():
    assert season_of(np.concatenate([np.sin(2 * np.pi * t / 12), 0 * t], axis=1)) == 12


def test_a_column_of_noise_makes_no_multiple_of_a_season_the_season():
    found = []
    for seed in range(50):
        random = np.random.default_rng(seed)
        wave = 10 * np.sin(2 * np.pi * t / 7) + random.normal(size=t.shape)
        found.append(season_of(np.concatenate([wave, random.normal(size=t.shape)], axis=1)))
    assert found.count(7) >= 45 and not any(season % 7 for season in found)

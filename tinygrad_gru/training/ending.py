"""When a run is at its end: after all its updates, or when there is no hope left. Nothing else decides this."""

from __future__ import annotations

from .config import Config

__all__ = ["ended", "is_measured", "out_of_patience"]


def ended(config: Config, update: int, best_update: int) -> bool:
    """Whether no update comes after this one; `best_update` is that of the lowest metric so far."""
    return update >= config.updates or out_of_patience(config, update, best_update)


def out_of_patience(config: Config, update: int, best_update: int) -> bool:
    """Whether so many measurements in a row brought nothing better that there is no hope left."""
    return config.patience is not None and update - best_update >= config.patience * config.measure_every


def is_measured(config: Config, update: int) -> bool:
    """Whether the metric is measured, and a checkpoint saved, after this update."""
    return update > 0 and (update % config.measure_every == 0 or update == config.updates)

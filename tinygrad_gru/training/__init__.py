"""Training: settings, the trainer and its subscribers, runs and their directories, reports and experiments.

A name is imported when it is first used: --help reads what is declared of the settings, and imports no NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..updates.signals import StopOnSignal
    from .config import Config
    from .console.sparkline import sparkline
    from .dry_run import Rehearsal, rehearse
    from .loop import Result, train
    from .runs.checkpoint import Checkpoint, Training, load_checkpoint, save_checkpoint
    from .runs.directory import checkpoint_of, find_run, new_run
    from .runs.facts import RunFacts, read_facts
    from .runs.log import read_metrics
    from .session import resume_run, train_run
    from .settings import commented, read_settings, settled
    from .trainer import Progress, Trainer, new_model

_HOME = {
    "..updates.signals": ["StopOnSignal"],
    ".config": ["Config"],
    ".console.sparkline": ["sparkline"],
    ".dry_run": ["Rehearsal", "rehearse"],
    ".loop": ["Result", "train"],
    ".runs.checkpoint": ["Checkpoint", "Training", "load_checkpoint", "save_checkpoint"],
    ".runs.directory": ["checkpoint_of", "find_run", "new_run"],
    ".runs.facts": ["RunFacts", "read_facts"],
    ".runs.log": ["read_metrics"],
    ".session": ["resume_run", "train_run"],
    ".settings": ["commented", "read_settings", "settled"],
    ".trainer": ["Progress", "Trainer", "new_model"],
}
_TABLE = {name: home for home, names in _HOME.items() for name in names}

__all__ = [
    "Checkpoint",
    "Config",
    "Progress",
    "Rehearsal",
    "Result",
    "RunFacts",
    "StopOnSignal",
    "Trainer",
    "Training",
    "checkpoint_of",
    "commented",
    "find_run",
    "load_checkpoint",
    "new_model",
    "new_run",
    "read_facts",
    "read_metrics",
    "read_settings",
    "rehearse",
    "resume_run",
    "save_checkpoint",
    "settled",
    "sparkline",
    "train",
    "train_run",
]


def __getattr__(name: str) -> Any:
    if name not in _TABLE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_TABLE[name], __name__), name)
    return value


def __dir__() -> list[str]:
    return __all__

"""Training: settings, the loop, run directories, checkpoints, signals and progress."""

from .config import Config
from .console.sparkline import sparkline
from .dry_run import Rehearsal, rehearse
from .loop import Progress, Result, new_model, train
from .runs.checkpoint import Checkpoint, Training, load_checkpoint, save_checkpoint
from .runs.directory import checkpoint_of, find_run, new_run
from .runs.facts import RunFacts, read_facts
from .runs.log import read_metrics
from .runs.session import resume_run, train_run
from .settings import commented, read_settings, settled
from .signals import StopOnSignal

__all__ = [
    "Checkpoint",
    "Config",
    "Progress",
    "Rehearsal",
    "Result",
    "RunFacts",
    "StopOnSignal",
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

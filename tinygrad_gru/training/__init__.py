"""Training: settings, the loop, run directories, checkpoints, signals and progress."""

from .checkpoint import Checkpoint, Training, load_checkpoint, save_checkpoint
from .config import Config, did_you_mean
from .facts import RunFacts, read_facts
from .loop import Progress, Result, new_model, train
from .metrics import read_metrics
from .rehearsal import Rehearsal, rehearse
from .runs import checkpoint_of, find_run, new_run
from .session import resume_run, train_run
from .settings import commented, read_settings, settled
from .signals import StopOnSignal
from .sparkline import sparkline

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
    "did_you_mean",
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

"""Training: settings, the loop, run directories, checkpoints, signals and progress."""

from .checkpoint import Checkpoint, Training, load_checkpoint, save_checkpoint
from .config import Config, did_you_mean
from .loop import Progress, Result, new_model, train
from .runs import checkpoint_of, find_run, new_run
from .session import resume_run, train_run
from .signals import StopOnSignal

__all__ = [
    "Checkpoint",
    "Config",
    "Progress",
    "Result",
    "StopOnSignal",
    "Training",
    "checkpoint_of",
    "did_you_mean",
    "find_run",
    "load_checkpoint",
    "new_model",
    "new_run",
    "resume_run",
    "save_checkpoint",
    "train",
    "train_run",
]

"""Optimisers, gradient clipping and learning-rate schedules, with PyTorch's names and formulas.

optimizer = Adam(module.parameters(), lr=1e-3)
schedule = CosineLR(optimizer, total_steps=1000, warmup_steps=50)
for batch in batches:
    schedule.step()                                    # the learning rate of the update to come
    optimizer.zero_grad()
    loss(batch).backward()
    clip_grad_norm_(module.parameters(), 1.0)
    optimizer.step()
"""

from ..core.support.hints import constructors_in_our_words, of_module
from ..torch_names import OPTIM, answer
from . import schedules
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .base import Optimizer
from .clipping import clip_grad_norm_, clip_grad_value_
from .nadam import NAdam
from .rmsprop import RMSprop
from .schedules import ConstantLR, CosineLR, Schedule, StepLR
from .sgd import SGD

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "ConstantLR",
    "CosineLR",
    "NAdam",
    "Optimizer",
    "RMSprop",
    "Schedule",
    "StepLR",
    "clip_grad_norm_",
    "clip_grad_value_",
    "schedules",
]

# What is called otherwise in PyTorch is answered: names, and keywords.
__getattr__ = of_module(__name__, lambda name: answer(__name__, name, OPTIM))
constructors_in_our_words([globals()[_name] for _name in __all__])

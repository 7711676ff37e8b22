"""Toy tasks that show what a recurrent network can learn, and the user's own text and tables."""

from .base import CELLS, Batch, Ragged, Task, recurrent
from .own_data.char_lm import Chars
from .own_data.table import Table
from .own_data.text_classification import Labelled
from .synthetic.adding import Adding
from .synthetic.addition import Addition
from .synthetic.copy_memory import CopyMemory
from .synthetic.parity import Parity
from .synthetic.reber import Reber
from .synthetic.sentiment import Sentiment
from .synthetic.sine import Sine
from .synthetic.temporal_order import Order

__all__ = [
    "CELLS",
    "TASKS",
    "Adding",
    "Addition",
    "Batch",
    "Chars",
    "CopyMemory",
    "Labelled",
    "Order",
    "Parity",
    "Ragged",
    "Reber",
    "Sentiment",
    "Sine",
    "Table",
    "Task",
    "recurrent",
]

TASKS: dict[str, type[Task]] = {
    task.name: task
    for task in (
        Adding,
        Order,
        CopyMemory,
        Parity,
        Reber,
        Sine,
        Addition,
        Sentiment,
        Labelled,
        Table,
        Chars,
    )
}

"""Toy tasks that show what a recurrent network can learn, and the user's own text and tables."""

from .adding import Adding
from .addition import Addition
from .chars import Chars
from .copy_memory import CopyMemory
from .labelled import Labelled
from .order import Order
from .parity import Parity
from .reber import Reber
from .sentiment import Sentiment
from .sine import Sine
from .table import Table
from .task import CELLS, Batch, Ragged, Task, recurrent

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

"""Toy tasks that show what a recurrent network can learn, and the user's own text."""

from .adding import Adding
from .chars import Chars
from .parity import Parity
from .task import CELLS, Batch, Task, recurrent

__all__ = ["CELLS", "TASKS", "Adding", "Batch", "Chars", "Parity", "Task", "recurrent"]

TASKS: dict[str, type[Task]] = {task.name: task for task in (Adding, Chars, Parity)}

"""Toy tasks that show what a recurrent network can learn, the user's own text and tables, and what a new task needs."""

from .base import CELLS, Batch, Ragged, Rows, Task, recurrent
from .data.reader import Source, read_source
from .metrics import confusion, error_rate, mean_squared_error, root_mean_squared_error
from .models import AtEachStep, AtTheEnd, CharModel, WordModel, most_likely, outputs
from .own_data.char_lm import Chars, write_text
from .own_data.forecasting import Forecast
from .own_data.sequence_classification import Groups
from .own_data.table import Table
from .own_data.text_classification import Labelled
from .synthetic.adding import Adding, adding_batch
from .synthetic.addition import Addition
from .synthetic.copy_memory import CopyMemory
from .synthetic.generated import TEST_SEED, Generated, OneLine, codes_of
from .synthetic.parity import Parity
from .synthetic.reber import Reber
from .synthetic.sentiment import Sentiment, review
from .synthetic.sine import Sine
from .synthetic.temporal_order import Order

__all__ = [
    "CELLS", "TASKS", "TEST_SEED",
    "Adding", "Addition", "AtEachStep", "AtTheEnd", "Batch", "CharModel", "Chars", "CopyMemory", "Forecast",
    "Generated", "Groups", "Labelled", "OneLine", "Order", "Parity", "Ragged", "Reber", "Rows", "Sentiment",
    "Sine", "Source", "Table", "Task", "WordModel",
    "adding_batch", "codes_of", "confusion", "error_rate", "mean_squared_error", "most_likely", "outputs",
    "read_source", "recurrent", "review", "root_mean_squared_error", "write_text",
]  # fmt: skip

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

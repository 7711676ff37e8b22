"""A run that diverges."""

import pytest

from tests.training.test_loop import trained
from tinygrad_gru.errors import DivergedError


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_run_that_diverges_says_where_in_the_task_it_was(cell, tmp_path):
    with pytest.raises(DivergedError) as told:
        trained(tmp_path / "run", cell=cell, lr=1e30)
    message = str(told.value)
    assert "the first was where" in message and "at adding.py:" in message
    assert message.endswith("try: --lr 0.015, or --clip 0.1")

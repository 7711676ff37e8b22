"""The settings on the site: those that are declared."""

from tinygrad_gru.training.config import SETTINGS
from website.reference.settings import page


def test_every_setting_has_its_row():
    rows = [line.split("`")[1] for line in page().splitlines() if line.startswith("| `")]
    assert rows == list(SETTINGS)

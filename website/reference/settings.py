"""The settings of a run, from where they are declared."""

from __future__ import annotations

from tests.docs.settings import table
from tinygrad_gru.training.config import SETTINGS

__all__ = ["page"]


def page() -> str:
    """The table of all settings, each with an anchor of its own."""
    assert SETTINGS
    head, rule, *rows = table().splitlines()
    return f"""# Settings

Every setting of a run, made from their declaration when this site was built. On the command line a setting is an
option (`--keep-bias 4`), in a file of settings a line (`keep_bias = 4`): `tinygrad-gru init adding -o adding.toml`
writes one, and [Training](training.md) says how they are used.

{head}
{rule}
""" + "".join(f"{row}\n" for row in rows)

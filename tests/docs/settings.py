"""The table of settings in docs/training.md, made of what is declared in `training.config`.

`python -m tests.docs.settings` writes it anew.
"""

from pathlib import Path

from tests.docs.tables import with_table
from tinygrad_gru.training.config import SETTINGS
from tinygrad_gru.training.declaration import LARGEST, Setting

PAGE = Path(__file__).parents[2] / "docs" / "training.md"
HEAD = "| setting | what it may be | by default | |\n|---|---|---|---|\n"


def table() -> str:
    """A row for each setting."""
    return HEAD + "".join(_row(setting) for setting in SETTINGS.values())


def _row(setting: Setting) -> str:
    wanted = setting.wanted.removesuffix(f" to {LARGEST}").replace(f"{2**63 - 1}", "2⁶³ − 1")
    default = "the task's" if setting.of_the_task else "" if setting.default is None else f"{setting.default}"
    tasks = f"Of {', '.join(setting.tasks)}: " if setting.tasks else ""
    help = f"{setting.help[0].lower()}{setting.help[1:]}" if tasks else setting.help
    return f"| `{setting.name}` | {wanted} | {default} | {tasks}{help} |\n"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), table()), encoding="utf-8")

"""The tables of docs/from-pytorch.md, made of `tinygrad_gru.torch_names`, by which the errors answer.

`python -m tests.docs.torch_names` writes them anew.
"""

from pathlib import Path

from tinygrad_gru.torch_names import (
    FUNCTIONS,
    KEYWORDS,
    LINALG,
    LOSSES,
    METHODS,
    MODULES,
    NN,
    NOT_HERE,
    OPTIM,
    OPTIMIZERS,
    SCHEDULES,
    WITHOUT,
)  # fmt: skip

__all__ = ["PAGE", "tables", "with_tables"]

PAGE = Path(__file__).parents[2] / "docs" / "from-pytorch.md"
START = "<!-- made by `make names`: what follows is in tinygrad_gru/torch_names.py -->\n"

OF = {
    "t.": METHODS,
    "torch.": {name: FUNCTIONS[name] for name in FUNCTIONS if METHODS.get(name) != FUNCTIONS[name]},
    "module.": MODULES,
    "torch.linalg.": LINALG,
    "torch.nn.": NN,
    "torch.nn.functional.": LOSSES,
    "torch.optim.": OPTIM,
    "optimizer.": OPTIMIZERS,
    "scheduler.": SCHEDULES,
}


def tables() -> str:
    """A row for each thing to write, with the names in whose place it stands; keywords; and what is not here."""
    lines = ["| in the place of | write |", "|---|---|"]
    for owner, table in OF.items():
        several: dict[str, list[str]] = {}
        for name, instead in table.items():
            several.setdefault(instead, []).append(f"`{owner}{name}`")
        lines += [f"| {', '.join(names)} | {written(instead)} |" for instead, names in several.items()]
    lines += ["", "| keyword there | here |", "|---|---|"]
    lines += [f"| `{name}=` | `{'=`, `'.join(ours)}=` |" for name, ours in KEYWORDS.items()]
    lines += [f"| `{name}=` | {words} |" for name, words in WITHOUT.items()]
    lines += ["", "| there are no | such as | try |", "|---|---|---|"]
    lines += [f"| {kind} | `{names.replace(' ', '`, `')}` | {instead} |" for kind, (names, instead) in NOT_HERE.items()]
    return "\n".join(lines) + "\n"


def written(instead: str) -> str:
    """The advice with its code as code, and words after it as words."""
    code, comma, words = instead.partition(", ")
    if not comma or code.count("(") != code.count(")") or not words.startswith(("wh", "or ", "and ", "on ")):
        return f"`{instead}`"
    return f"`{code}`, {words}"


def with_tables(page: str) -> str:
    """The page with the tables as they should be, at its end."""
    before, _, _ = page.partition(START)
    return f"{before.rstrip()}\n\n{START}\n{tables()}"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

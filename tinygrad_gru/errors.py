"""Every exception the package raises on purpose.

    TinygradError
    ├── ShapeError            sizes that do not fit                (also a ValueError)
    ├── DtypeError            a dtype that cannot be used          (also a TypeError)
    ├── ArgumentError         any other argument that makes no sense (also a ValueError)
    ├── GraphError            a graph that cannot be walked        (also a RuntimeError)
    │   ├── StaleGraphError   an input was given another array since
    │   ├── VjpError          an operation's derivative broke its contract
    │   └── AnomalyError      the first NaN or infinity, under detect_anomaly()
    ├── GradcheckError        a derivative disagrees with finite differences (also an AssertionError)
    ├── FileError             a file that cannot be read or written
    │   ├── CheckpointError   a damaged, hostile or ill-fitting checkpoint
    │   └── DataError         text or tables that cannot be used
    ├── ConfigError           a setting that cannot be used: exit code 2 on the command line
    ├── RenderError           a picture could not be laid out
    ├── DivergedError         training met a loss that is not finite
    └── MissingExtraError     an optional dependency is not installed (also an ImportError)

    NotCompiledWarning        a layer stays eager, beside others that `tg.compile` could compile (a UserWarning)

Each message is one line: what, where, got, wanted, and the next thing to try.
"""

import re
from collections.abc import Iterable

__all__ = [
    "AnomalyError",
    "ArgumentError",
    "CheckpointError",
    "ConfigError",
    "DataError",
    "DivergedError",
    "DtypeError",
    "FileError",
    "GradcheckError",
    "GraphError",
    "MissingExtraError",
    "NotCompiledWarning",
    "RenderError",
    "ShapeError",
    "StaleGraphError",
    "TinygradError",
    "VjpError",
]


LONGEST = 2000  # letters of a message


class TinygradError(Exception):
    """The root of every error that tinygrad_gru raises on purpose: its message is one line, whatever it quotes."""

    def __init__(self, *words: object) -> None:
        if len(words) == 1 and isinstance(words[0], str):
            words = (shortened(" ".join(words[0].split()), LONGEST),)
        super().__init__(*words)


def shortened(line: str, longest: int) -> str:
    """A message of at most `longest` letters: the middles of long names and paths are left out.

    The advice at its end (`try: ...`) stays.
    """
    if len(line) <= longest:
        return line
    line = re.sub(r"\S{151,}", lambda word: f"{word[0][:100]}…{word[0][-40:]}", line)  # paths are hardly ever so long
    if len(line) <= longest:
        return line
    problem, _, advice = line.rpartition(" try: ")
    end = f" … try: {advice}" if problem else " …"
    if len(end) > longest // 2:
        end = f"{end[: longest // 2 - 1]}…"
    return f"{(problem or line)[: longest - len(end)]}{end}"


def nearest(got: object, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The name nearest to `got`, in upper or lower case; None if none is near."""
    from difflib import get_close_matches

    spellings = {name.lower(): name for name in names}
    near = get_close_matches(got[:100].lower() if isinstance(got, str) else "", spellings, n=1, cutoff=cutoff)
    return spellings[near[0]] if near else None


def did_you_mean(got: object, names: Iterable[str], otherwise: str = "") -> str:
    """The end of a message about an unknown name: the nearest known one, or what to try (else all of them)."""
    names = list(names)
    name = nearest(got, names)
    return f"did you mean {name}?" if name else otherwise or f"try: {', '.join(names)}"


class ShapeError(TinygradError, ValueError):
    """Sizes that do not fit together."""


class DtypeError(TinygradError, TypeError):
    """A dtype that cannot be used here."""


class ArgumentError(TinygradError, ValueError):
    """An argument whose value makes no sense here."""


class GraphError(TinygradError, RuntimeError):
    """A computation graph that cannot be walked as asked."""


class StaleGraphError(GraphError):
    """A tensor was given another array after the graph that uses it was recorded."""


class VjpError(GraphError):
    """An operation's `vjp` returned something that is not a gradient of its inputs."""


class AnomalyError(GraphError):
    """The first NaN or infinity met under `detect_anomaly()`."""


class GradcheckError(TinygradError, AssertionError):
    """A derivative disagrees with finite differences."""


class FileError(TinygradError):
    """A file or folder that cannot be read or written."""


class CheckpointError(FileError):
    """A checkpoint that is damaged, hostile, or does not fit the module."""


class DataError(FileError):
    """Text or tables that cannot be used for training."""


class ConfigError(TinygradError):
    """A setting that cannot be used; on the command line, exit code 2."""


class RenderError(TinygradError):
    """A picture that could not be laid out or written."""


class DivergedError(TinygradError):
    """Training met a loss that is not finite."""


class MissingExtraError(TinygradError, ImportError):
    """An optional dependency is not installed; the message holds the command that installs it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f'{purpose} needs {package}. try: pip install "tinygrad_gru[{extra}]"')


class NotCompiledWarning(UserWarning):
    """A recurrent layer stays eager, beside others that `tg.compile` could compile."""

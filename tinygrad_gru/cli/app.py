"""The app: its commands, and the one place where an error becomes a line on stderr and an exit code."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated

import typer

from .. import __version__
from ..errors import ArgumentError, ConfigError, DataError, TinygradError, shortened
from ..terminal import say
from . import streams
from .commands.check import check
from .commands.compare import compare
from .commands.demo import demo
from .commands.evaluate import evaluate
from .commands.explain import explain
from .commands.export import export_run
from .commands.graph import graph
from .commands.import_file import import_file
from .commands.init import init
from .commands.inspect import inspect
from .commands.learn import learn
from .commands.play import play
from .commands.predict import predict
from .commands.program import program
from .commands.resume import resume
from .commands.runs import runs
from .commands.sample import sample
from .commands.show import show
from .commands.sweep import sweep
from .commands.tasks import tasks
from .commands.train import train
from .ending import unwound_by_signals
from .usage import UsageError, usage_message

__all__ = ["app", "main"]

NAME = "tinygrad-gru"
LONGEST = 400  # characters of an error's line
FAILED, USAGE, INTERRUPTED, PIPE_CLOSED = 1, 2, 130, 141

app = typer.Typer(
    name=NAME,
    epilog=f"Begin with: {NAME} demo",
    pretty_exceptions_enable=False,
)
app.command(epilog=f"Example: {NAME} demo")(demo)
app.command(epilog=f"Example: {NAME} learn start slopes")(learn)
app.command(epilog=f"Example: {NAME} tasks sentiment")(tasks)
app.command(epilog=f"Example: {NAME} train adding --cell gru --length 50")(train)
app.command(epilog=f"Example: {NAME} init adding -o adding.toml")(init)
app.command(epilog=f"Example: {NAME} resume last")(resume)
app.command(epilog=f"Example: {NAME} runs --sort best")(runs)
app.command(epilog=f"Example: {NAME} show last")(show)
app.command(epilog=f"Example: {NAME} compare adding --cells rnn,gru,lstm --seeds 3")(compare)
app.command(epilog=f"Example: {NAME} sweep adding --param lr=log:1e-4:1e-1 --trials 20")(sweep)
app.command(epilog=f"Example: {NAME} sample last --length 300 --temperature 0.8")(sample)
app.command(epilog=f"Example: {NAME} predict last reviews.csv")(predict)
app.command("eval", epilog=f"Example: {NAME} eval last")(evaluate)
app.command(epilog=f"Example: {NAME} graph --cell gru --length 3 -o gru.svg")(graph)
app.command(epilog=f"Example: {NAME} inspect last -o insides.html")(inspect)
app.command(epilog=f"Example: {NAME} play --cell gru --length 3 -o gru.html")(play)
app.command(epilog=f"Example: {NAME} explain --cell gru --numbers")(explain)
app.command(epilog=f"Example: {NAME} program --cell gru --backward")(program)
app.command("export", epilog=f"Example: {NAME} export last -o model.onnx")(export_run)
app.command("import", epilog=f"Example: {NAME} import model.safetensors -o model.npz")(import_file)
app.command(epilog=f"Example: {NAME} check")(check)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default the one given to this process; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    streams.be_lenient()
    with warnings.catch_warnings(), unwound_by_signals():
        warnings.showwarning = lambda message, *where: say(f"warning: {message}")
        try:
            code = app(words or ["--help"], prog_name=NAME, standalone_mode=False)
            streams.flush()
            return code or 0
        except KeyboardInterrupt:
            return INTERRUPTED
        except SystemExit as end:
            if isinstance(end.__context__, BrokenPipeError):  # of --help, which Typer writes
                streams.abandon_stdout()
                return PIPE_CLOSED
            if isinstance(end.code, int):  # of a signal
                return end.code
            raise
        except Exception as error:
            if "--debug" in words:
                traceback.print_exc()
            return _reported(error, words)
        finally:
            streams.finish_stderr()


def _reported(error: Exception, words: Sequence[str]) -> int:
    """Write the line of an error, and return the exit code; an exception of another kind is a bug, raised again."""
    match error:
        case ConfigError() | ArgumentError():
            return _complain(str(error), USAGE)
        case TinygradError():
            for note in getattr(error, "__notes__", []) if isinstance(error, DataError) else []:
                say(shortened(note, LONGEST))
            return _complain(str(error), FAILED)
        case UsageError():
            return _complain(usage_message(error, words), USAGE)
        case streams.ReaderGone():
            return PIPE_CLOSED
        case OSError():
            streams.abandon_stdout()
            where = error.filename if error.filename is not None else "output"
            return _complain(f"{where}: {error.strerror or error}. try: a place of yours, on a disk with room", FAILED)
        case MemoryError():
            return _complain(f"not enough memory: {error}. try: a smaller --hidden, --batch or --length", FAILED)
        case typer.Abort():
            return _complain("aborted", FAILED)
        case _:
            raise error


def _complain(message: str, code: int) -> int:
    say(shortened(f"error: {' '.join(message.split())}", LONGEST))
    return code


def _print_version(asked: bool) -> None:
    if asked:
        streams.write(f"{NAME} {__version__}")
        raise typer.Exit()


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Train small recurrent networks, and see how they work: the GRU as its equations, and as a graph."""

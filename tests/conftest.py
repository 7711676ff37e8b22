"""What every test shares: how much random testing is done, that it can be repeated, and the same surroundings anywhere.

A seeded tenth of it unless TINYGRAD_GRU_SOAK=1, which is what `make soak` sets.
"""

import inspect
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("TINYGRAD_GRU_JIT", "0")  # also where Numba is installed: tests that want it say jit(True)

# Before NumPy is loaded, here and in every process that a test starts: arrays this small are slower on more threads,
# and there is a worker for each core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Byte code is kept, which containers often forbid: without it, each worker rewrites the asserts of all tests anew, and
# each process that a test starts compiles the package, which is half of its time. `make clean` removes it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # and this process is told in pytest_configure

# A shell that starts the tests in the background has told them to ignore Ctrl-C, and so would every process that they
# start and interrupt: it would be waited for without an end.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import pytest
from hypothesis import HealthCheck, settings

from tests.machines.fonts import environment_with_fonts

# What a person's shell, or the machine of a continuous integration, says of terminals: a test says it itself.
OF_TERMINALS = (
    "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TTY_COMPATIBLE", "TTY_INTERACTIVE",
    "TERMINAL_WIDTH", "TYPER_USE_RICH",
)  # fmt: skip
for name in OF_TERMINALS:
    os.environ.pop(name, None)

SOAK = os.environ.get("TINYGRAD_GRU_SOAK") == "1"

# A slow machine is not a failure: no deadlines, no complaint about slow generation.
settings.register_profile(
    "tenth", derandomize=True, max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# The whole looks elsewhere each time, and prints what reproduces a failure.
settings.register_profile("soak", settings.get_profile("tenth"), derandomize=False, max_examples=200, print_blob=True)
settings.load_profile("soak" if SOAK else "tenth")


# The files that take longest, longest first, by their names alone. A worker gets whole files: one of these, begun late,
# would be waited for by all others; pytest-xdist's own order, by the number of tests, puts just these last.
LONGEST = (
    "test_deaths.py", "test_pages.py", "test_readers.py", "test_odd_calls.py", "test_output.py",
    "test_sweep.py", "test_resume.py", "test_analyse.py", "test_limits.py", "test_slide.py", "test_odd_values.py",
    "test_signals.py", "test_writing.py", "test_memory.py", "test_train.py", "test_streams.py", "test_workspaces.py",
    "test_learning.py", "test_checkpoint_files.py", "test_model.py", "test_app.py", "test_agreement.py",
)  # fmt: skip


def soak_size(n: int) -> int:
    """How many of n random cases to run: all of them, or a tenth and at least one."""
    return n if SOAK else max(1, n // 10)


@pytest.fixture(name="soak_size", scope="session")
def fixture_soak_size() -> Callable[[int], int]:
    """The same, for a test to ask for: `for seed in range(soak_size(3000)): ...`."""
    return soak_size


def pytest_configure(config: pytest.Config) -> None:
    """Keep byte code and our order of files, and let all tests, and processes that they start, see the same fonts."""
    sys.dont_write_bytecode = False
    config.option.loadscopereorder = False  # of pytest-xdist, see LONGEST
    if not hasattr(config, "workerinput"):  # a worker of pytest-xdist has them from the process that starts it
        folder = Path(tempfile.mkdtemp(prefix="tinygrad_gru-fonts-"))
        config.add_cleanup(lambda: shutil.rmtree(folder))
        os.environ.update(environment_with_fonts(folder))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; all others, and the tests within a file, stay in their order."""
    place = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))


@pytest.fixture(scope="session", autouse=True)
def parser_built_once() -> Iterator[None]:
    """`main` has Typer build the parser of all commands, a user once, the tests a thousand times 30 ms: kept here."""
    import typer

    build, parsers = typer.main.get_command, {}

    def get_command(app: typer.Typer) -> typer.core.TyperGroup:
        commands = (app, *app.registered_commands)  # which a test may add to
        if commands not in parsers:
            parsers[commands] = build(app)
        return parsers[commands]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", get_command)
        yield


@pytest.fixture
def fonts(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Other fonts for one test, to be called with a family or, for a machine without fonts, with None."""

    def choose(family: str | None) -> None:
        folder = tmp_path_factory.mktemp("fonts")
        none = {} if family else {"fonts": folder}
        for name, value in environment_with_fonts(folder, family or "none", **none).items():
            monkeypatch.setenv(name, value)

    return choose


@pytest.fixture(params=["eager", "compiled"])
def each_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test twice: layers that are told no engine, of the Keras face too, have first one, then the other."""
    from tinygrad_gru import nn
    from tinygrad_gru.keras import layers

    monkeypatch.setitem(inspect.unwrap(nn.Recurrent.__init__).__kwdefaults__, "engine", request.param)
    monkeypatch.setattr(layers.recurrent.Recurrent, "jit_compile", request.param == "compiled")
    engine: str = request.param
    return engine


HANDLED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@pytest.fixture(autouse=True)
def signal_handlers_are_put_back() -> Iterator[None]:
    """What a test makes of signals is no matter to the next one, nor to the processes that it starts."""
    before = {number: signal.getsignal(number) for number in HANDLED}
    yield
    for number, handler in before.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)

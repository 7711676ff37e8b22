"""Many trainings at once: processes on this machine, or the workers of a Dask cluster. joblib does the work."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from ...errors import ConfigError, MissingExtraError, TinygradError, did_you_mean

__all__ = ["BACKENDS", "leave_signals_to", "settle", "spread"]

BACKENDS = ("loky", "dask", "threading", "sequential")  # of joblib; and what has been registered with it besides
SECONDS_TO_LEAVE = 0.5
SECONDS = 10  # for a scheduler or a first worker to answer

Item = TypeVar("Item")
Result = TypeVar("Result")


def spread(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    jobs: int = -1,
    backend: str = "loky",
    scheduler: str | None = None,
) -> Iterator[Result]:
    """The results of `work` for each item, in the order in which they are ready, `jobs` at a time; -1: as many as fit.

    An item is taken from `items` when a worker is free for it, so `items` may depend on earlier results. An item
    whose worker dies goes to another one if the cluster is Dask's, so `work` must take up what is half done;
    with processes TinygradError is raised. Raises ConfigError for what cannot be used, MissingExtraError without joblib
    or Dask.
    """
    check(jobs, backend, scheduler)
    from joblib import Parallel, delayed, parallel_config

    trouble: list[Exception] = []

    def taken() -> Iterator[Item]:
        # joblib asks for items in a thread of its own, in which an exception would be lost and leave us waiting.
        try:
            yield from items
        except Exception as error:
            trouble.append(error)

    with contextlib.ExitStack() as stack:
        if backend == "dask":
            stack.enter_context(_client(str(scheduler)))
        # Processes share the cores, products of matrices do not. Dask sees to that in its workers.
        one_thread = {"inner_max_num_threads": 1} if backend == "loky" else {}
        stack.enter_context(parallel_config(backend=backend, **one_thread))
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs")
        try:
            yield from parallel(delayed(work)(item) for item in taken())
        except Exception as error:
            if type(error).__name__ in ("TerminatedWorkerError", "BrokenProcessPool", "KilledWorker", "CancelledError"):
                raise TinygradError(
                    f"a worker died ({type(error).__name__}), for want of memory perhaps; what was finished is kept. "
                    f"try: the same command again, or with fewer --jobs"
                ) from None
            raise
    if trouble:
        raise trouble[0]


def check(jobs: int, backend: str, scheduler: str | None) -> None:
    """Raise ConfigError or MissingExtraError if nothing can be spread so."""
    if type(jobs) is not int or not (jobs == -1 or 1 <= jobs <= 1000):
        raise ConfigError(f"jobs: got {jobs}, wanted a whole number from 1 to 1000, or -1 for all cores. try: --jobs 2")
    try:
        import joblib  # noqa: F401
        from joblib.parallel import BACKENDS as REGISTERED
    except ImportError:
        raise MissingExtraError("joblib", "sweep", "running several trainings at once") from None
    if backend == "multiprocessing":
        raise ConfigError("backend: processes that are forked can hang, and outlive a parent. try: --backend loky")
    known = list(dict.fromkeys([*BACKENDS, *REGISTERED]))
    if backend not in known:
        raise ConfigError(f"backend: got {backend!r}, wanted one of joblib's. {did_you_mean(backend, known)}")
    if backend == "dask" and scheduler is None:
        raise ConfigError("scheduler: dask needs its address. try: --backend dask --scheduler tcp://127.0.0.1:8786")
    if backend != "dask" and scheduler is not None:
        raise ConfigError(f"scheduler: {backend} has none. try: --backend dask --scheduler {scheduler}")


@contextlib.contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    """A connection to a Dask scheduler, which joblib finds by itself."""
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError("dask", "cluster", "a cluster") from None
    try:
        connect: Any = Client  # it has no types
        client = connect(scheduler, timeout=SECONDS)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            f"scheduler: none answers at {scheduler} ({type(error).__name__}). "
            f"try: dask scheduler, and the address that it prints"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=SECONDS)
        except TimeoutError:
            raise ConfigError(f"scheduler: {scheduler} has no workers. try: dask worker {scheduler}") from None
        yield client


def settle(parent: int) -> None:
    """In a worker: one thread for loops, and the end when the process that started it has been killed."""
    os.environ.setdefault("TINYGRAD_GRU_THREADS", "1")
    if os.getppid() == parent and parent not in _watched:
        _watched.add(parent)
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


_watched: set[int] = set()


def _leave_with(parent: int) -> None:
    """joblib's processes would finish their work, and then wait for more; nobody could go on with their runs."""
    while os.getppid() == parent:
        time.sleep(SECONDS_TO_LEAVE)
    os._exit(1)  # the files of a run are whole at any moment


def leave_signals_to(parent: int) -> None:
    """In a worker: a Ctrl-C at the terminal is for the parent, which says when to stop."""
    if os.getpid() != parent and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

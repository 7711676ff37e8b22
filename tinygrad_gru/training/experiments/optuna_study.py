"""The trials of a sweep as Optuna keeps them: what has been tried, what came of it, and what to try next.

Several processes may share a study, and each may be killed at any moment. A trial belongs to the process whose claim it
names. If that claim is no longer held the trial was interrupted, and whoever looks for work next goes on with it: the
same trial, so that none is lost and none counts twice.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ConfigError, FileError, MissingExtraError
from ...nn.files.formats import FORMATS, check_format
from ..config import Config
from ..runs.claims import in_turn, is_held
from .search_space import Choices, Space, read_space

__all__ = ["Order", "Study", "open_study", "optuna_is_there", "read_space_of", "remembered"]

FILE = "study.db"
LOCKED_SECONDS = 60  # how long to wait while another process writes
UNPRUNED = 5  # trials that run to their end before any is compared with them


@dataclass(frozen=True)
class Order:
    """A trial to run, for a worker that knows nothing else."""

    number: int
    trial_id: int  # of the storage
    config: Config
    run: Path  # its directory
    folder: Path  # of the sweep
    storage: str | None
    claim: Path  # no longer held: stop
    prune: bool
    parent: int  # the process that asks


@dataclass(frozen=True)
class Study:
    """An Optuna study and where it is. `storage` is None for study.db in the folder."""

    folder: Path
    storage: str | None
    optuna: Any  # optuna.Study
    database: Any  # optuna.storages.RDBStorage

    def take(self, space: Space, trials: int, seed: int, claim: Path, prune: bool, parent: int) -> Order | None:
        """The next trial to run, one that was interrupted first; None if there are as many as wanted."""
        from optuna.trial import Trial, TrialState

        with in_turn(self.folder):
            known = [trial for trial in self.trials() if trial.state != TrialState.WAITING]
            for found in known:
                if found.state == TrialState.RUNNING and not self.is_run(found):
                    self.optuna.sampler = _sampler(seed, found.number)
                    trial = Trial(self.optuna, found._trial_id)
                    break
            else:
                if len(known) >= trials:
                    return None
                self.optuna.sampler = _sampler(seed, len(known))
                trial = self.optuna.ask()
            trial.set_user_attr("claim", claim.name)
            values = {name: _suggest(self.optuna, trial, name, space) for name in space.varied}
        run = self.folder / f"trial-{trial.number:04}"
        return Order(
            trial.number, trial._trial_id, space.config(values), run, self.folder, self.storage, claim, prune, parent
        )

    def is_run(self, trial: Any) -> bool:
        """Whether a process works on this trial, which is not finished."""
        claim = trial.user_attrs.get("claim")
        return claim is not None and is_held(self.folder / claim)

    def trials(self) -> list[Any]:
        """All trials, as Optuna's FrozenTrial."""
        found: list[Any] = self.optuna.get_trials(deepcopy=False)
        return found

    def close(self) -> None:
        """Give the connections to the database back."""
        _close(self.database)

    def trial(self, order: Order) -> Any:
        """The trial of an order, as optuna.Trial."""
        from optuna.trial import Trial

        return Trial(self.optuna, order.trial_id)


def open_study(folder: Path, storage: str | None = None, space: Space | None = None, seed: int = 0) -> Study:
    """The study in a sweep's folder, or in another storage of Optuna's under the folder's name.

    It is made if it is not there, for this space and seed; raises ConfigError if it was made for others, FileError if
    the storage cannot be opened, MissingExtraError without Optuna.
    """
    optuna_is_there()
    import optuna
    from sqlalchemy.engine import URL, make_url
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError
    from sqlalchemy.pool import NullPool

    optuna.logging.set_verbosity(optuna.logging.ERROR)  # we tell what happens ourselves
    name = "sweep" if storage is None else folder.absolute().name
    url = storage or URL.create("sqlite", database=str(folder / FILE)).render_as_string(hide_password=False)
    options: dict[str, Any] = {}
    try:
        if url.startswith("sqlite"):
            if make_url(url).database in (None, "", ":memory:"):
                raise ConfigError(f"storage: {storage} is in memory, where no worker sees it. try: sqlite:///study.db")
            # Each connection is closed after its use: those of a storage that fails to open could not be closed later.
            options = {"connect_args": {"timeout": LOCKED_SECONDS}, "poolclass": NullPool}
        with in_turn(folder), ExitStack() as at_failure:
            _refuse_another_database(url)
            opened = optuna.storages.RDBStorage(url, engine_kwargs=options)
            at_failure.callback(_close, opened)
            pruner = optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED)
            study = optuna.create_study(study_name=name, storage=opened, pruner=pruner, load_if_exists=True)
            if space is not None:
                _remember(study, folder, space, seed)
            at_failure.pop_all()
    except ArgumentError:
        raise ConfigError(f"storage: {storage} is no address of a database. try: sqlite:///study.db") from None
    except UnicodeEncodeError:  # a byte in the folder's name that is no text
        raise ConfigError(f"out: {folder} is not UTF-8, in which a database keeps names. try: another --out") from None
    except (SQLAlchemyError, RuntimeError, ImportError) as error:
        reason = str(error).partition("\n")[0]
        raise FileError(f"cannot open the study in {storage or folder / FILE}: {reason}. try: another --out") from None
    return Study(folder, storage, study, opened)


def _refuse_another_database(url: str) -> None:
    """Raise ConfigError for a file that is no database of Optuna's: opened, it would get Optuna's tables."""
    from sqlalchemy.engine import make_url

    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or not parts.database or not Path(parts.database).is_file():
        return
    if not _is_of_optuna(Path(parts.database)):
        raise ConfigError(f"{parts.database} is no study of Optuna's, so not written to. try: another --out")


def _is_of_optuna(file: Path) -> bool:
    """Whether it holds no tables but Optuna's; a part of them, or nothing, is what a kill may have left."""
    from optuna.storages._rdb.models import BaseModel

    known = {*BaseModel.metadata.tables, "alembic_version"}
    try:
        with closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=LOCKED_SECONDS)
        ) as opened:
            return {name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")} <= known
    except sqlite3.DatabaseError:  # Optuna can go on with a journal that a kill has left, and tells what is no database
        return True


def optuna_is_there() -> None:
    """Raise MissingExtraError if it is not."""
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise MissingExtraError("optuna", "sweep", "a sweep") from None


def read_space_of(study: Study) -> dict[str, Any]:
    """What the study was made for: task, fixed, varied (see Space.as_dict) and seed; empty if it is new."""
    return _told(study.optuna, study.folder)


def remembered(folder: Path, storage: str | None, task: str) -> tuple[Space | None, int]:
    """The space and the seed of the sweep in a folder; None, 0 if there is none."""
    if not folder.is_dir() or (storage is None and not (folder / FILE).exists()):
        return None, 0
    with closing(open_study(folder, storage)) as study:
        found = read_space_of(study)
    if not found:
        return None, 0
    if found["task"] != task:
        raise ConfigError(f"{folder} holds a sweep of {found['task']}, not of {task}. try: another --out")
    params = [f"{name}={what}" for name, what in found["varied"].items()]
    return read_space(task, params, found["fixed"]), found["seed"]


def _close(database: Any) -> None:
    """Give all connections of an RDBStorage back."""
    database.remove_session()
    database.engine.dispose()


def _remember(study: Any, folder: Path, space: Space, seed: int) -> None:
    """Write down what a new study is for, or compare."""
    now, before = {**space.as_dict(), "seed": seed}, _told(study, folder)
    if not before:
        if study.get_trials(deepcopy=False):
            raise ConfigError(f"{folder} holds a study that no sweep has made. try: --out with another folder")
        study.set_user_attr("sweep", json.dumps({"format": FORMATS["sweep"], **now}))
    elif before != json.loads(json.dumps(now)):
        told = json.dumps(before)
        raise ConfigError(f"{folder} holds a sweep of other settings: {told}. try: --out with another folder")


def _told(study: Any, folder: Path) -> dict[str, Any]:
    """What a study says that it is for, without the version of that; ConfigError if a newer version of ours says it."""
    text = study.user_attrs.get("sweep")
    told: dict[str, Any] = json.loads(text) if isinstance(text, str) else {}
    check_format("sweep", told.pop("format", None), folder, ConfigError)
    return told


def _sampler(seed: int, number: int) -> Any:
    """A sampler for one trial: after an interruption it draws what it would have drawn."""
    from optuna.samplers import TPESampler

    return TPESampler(seed=int(np.random.SeedSequence([seed, number]).generate_state(1)[0]))


def _suggest(study: Any, trial: Any, name: str, space: Space) -> Any:
    """The trial's value of a setting: the one it has, or a new one."""
    if name in trial.distributions:
        distribution = trial.distributions[name]
        if not trial._is_relative_param(name, distribution):  # drawn again, for the sake of those that come next
            study.sampler.sample_independent(study, trial._get_latest_trial(), name, distribution)
        return trial.params[name]
    values = space.varied[name]
    if isinstance(values, Choices):
        return trial.suggest_categorical(name, values.values)
    suggest = trial.suggest_int if isinstance(values.low, int) else trial.suggest_float
    return suggest(name, values.low, values.high, log=values.log)

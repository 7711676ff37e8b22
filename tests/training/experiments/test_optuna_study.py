"""A study is opened in a database of Optuna's, and in no other."""

import sqlite3
from contextlib import closing

import optuna
import pytest

from tinygrad_gru.errors import ConfigError, FileError
from tinygrad_gru.training import Config, train_run
from tinygrad_gru.training.experiments.optuna_study import open_study, remembered
from tinygrad_gru.training.experiments.search_space import read_space
from tinygrad_gru.training.experiments.sweep import sweep

SPACE = read_space("adding", ["lr=0.001:0.01", "hidden=2", "updates=3", "batch=2", "length=5"])


def database(path, *statements):
    with closing(sqlite3.connect(path)) as file:
        for statement in statements:
            file.execute(statement)
        file.commit()
    return path.read_bytes()


WHY = {
    "a text": "file is not a database. try: another --out",
    "a database": r"\.db is no study of Optuna's, so not written to. try: another --out",
    "a database of Optuna's with tables of one's own": r"\.db is no study of Optuna's, so not written to. try: another",
}


@pytest.mark.parametrize("storage", [False, True])
@pytest.mark.parametrize("kind", WHY)
def test_a_file_that_is_no_study_is_not_written_to(kind, storage, tmp_path):
    folder = tmp_path / "s"
    folder.mkdir()
    path = tmp_path / "mine.db" if storage else folder / "study.db"
    url = f"sqlite:///{path}" if storage else None
    if kind == "a text":
        path.write_text("years of notes\n" * 100)
    elif kind == "a database":
        database(path, "CREATE TABLE patients (name TEXT)", "INSERT INTO patients VALUES ('A')")
    else:
        sweep(SPACE, folder, 1, jobs=1, storage=url)
        database(path, "CREATE TABLE patients (name TEXT)")
    before = path.read_bytes()
    for call in (
        lambda: open_study(folder, url),
        lambda: remembered(folder, url, "adding"),
        lambda: sweep(SPACE, folder, 2, jobs=1, storage=url),
    ):
        with pytest.raises((ConfigError, FileError), match=WHY[kind]):
            call()
    assert path.read_bytes() == before


def test_what_a_kill_has_left_of_a_new_database_goes_on(tmp_path):
    (tmp_path / "study.db").write_bytes(b"")
    assert len(sweep(SPACE, tmp_path, 1, jobs=1).trials) == 1


def test_a_study_of_ones_own_of_the_same_name_is_not_gone_on_with(tmp_path):
    url = f"sqlite:///{tmp_path / 'study.db'}"
    storage = optuna.storages.RDBStorage(url)
    study = optuna.create_study(study_name="sweep", storage=storage)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    storage.remove_session()
    storage.engine.dispose()
    with pytest.raises(ConfigError, match="holds a study that no sweep has made. try: --out with another folder"):
        sweep(SPACE, tmp_path, 2, jobs=1)


def test_what_another_run_measured_in_a_trials_folder_is_not_told_to_the_study(tmp_path):
    other = Config.of("adding", hidden=3, updates=4, batch=2, length=5)
    train_run(other, tmp_path / "trial-0000", quiet=True)
    with pytest.raises(ConfigError, match="trial-0000 holds a run with other settings"):
        sweep(SPACE, tmp_path, 1, jobs=1)
    with closing(open_study(tmp_path)) as study:
        (trial,) = study.trials()
        assert trial.intermediate_values == {}

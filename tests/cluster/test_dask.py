"""compare and sweep on a Dask cluster of two workers, one of which is killed half-way (make cluster)."""

import os
import signal
import sys
import threading
import time

import pytest

from tests.cli.command import environment, start
from tinygrad_gru.cli import main
from tinygrad_gru.errors import ConfigError, MissingExtraError
from tinygrad_gru.training import Config, load_checkpoint, train_run
from tinygrad_gru.training.experiments.compare import compare, plan
from tinygrad_gru.training.experiments.search_space import read_space
from tinygrad_gru.training.experiments.sweep import sweep
from tinygrad_gru.training.experiments.workers import spread

pytestmark = pytest.mark.cluster
SIZES = {"batch": 2, "length": 5, "every": 5, "updates": 150}


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A scheduler and two workers, processes of their own on loopback; for one that dies Dask starts another."""
    from distributed import LocalCluster

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, processes=True, silence_logs=50
    ) as made:
        yield made


def pids(cluster):
    """The processes of the workers."""
    from distributed import Client

    with Client(cluster.scheduler_address, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def killing(cluster, folder, began=2):
    """A thread that kills a worker as soon as so many runs under `folder` have saved something; join it."""
    victims = pids(cluster)
    killed = []

    def work():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and len(list(folder.glob("*/last.npz"))) < began:
            time.sleep(0.02)
        os.kill(victims[0], signal.SIGKILL)
        killed.append(victims[0])

    thread = threading.Thread(target=work)
    thread.start()
    return thread, killed


def alone(config, folder):
    """The best of the same run without any cluster."""
    return train_run(config, folder, quiet=True).best


def test_compare_on_a_cluster_survives_the_death_of_a_worker(cluster, tmp_path):
    configs = [c for c in plan(Config.of("adding", hidden=4, **SIZES), ["gru", "rnn"], 2)]
    thread, killed = killing(cluster, tmp_path / "c")
    seen = []
    found = compare(configs, tmp_path / "c", watch=seen.append, backend="dask", scheduler=cluster.scheduler_address)
    thread.join()

    assert killed and killed[0] not in pids(cluster)
    assert sorted((o.cell, o.seed) for o in seen) == [("gru", 0), ("gru", 1), ("rnn", 0), ("rnn", 1)]
    assert [row["runs"] for row in found.rows()] == [2, 2]
    for config in configs:
        outcome = next(o for o in seen if (o.cell, o.seed) == (config.cell, config.seed))
        assert [update for update, _ in outcome.curve] == list(range(5, 151, 5))  # no measurement twice, none missing
        assert outcome.best == alone(config, tmp_path / f"{config.cell}{config.seed}")


def test_a_sweep_on_a_cluster_survives_the_death_of_a_worker(cluster, tmp_path):
    space = read_space("adding", ["lr=log:1e-3:1e-1", "hidden=4,5"], SIZES)
    thread, killed = killing(cluster, tmp_path / "s")
    seen = []
    found = sweep(
        space, tmp_path / "s", 5, prune=False, backend="dask", scheduler=cluster.scheduler_address,
        watch=lambda trial, *more: seen.append(trial.number),
    )  # fmt: skip
    thread.join()

    assert killed and killed[0] not in pids(cluster)
    assert sorted(seen) == [0, 1, 2, 3, 4] and found.counts == {"finished": 5}
    for trial in found.trials:
        assert trial.updates == 150 and load_checkpoint(trial.run / "last.npz").update == 150
        assert trial.best == alone(space.config(trial.values), tmp_path / f"alone{trial.number}")
    again = sweep(space, tmp_path / "s", 5, prune=False, jobs=1)  # at home, nothing is left to do
    assert [t.number for t in again.trials] == [t.number for t in found.trials]


def test_ctrl_c_stops_the_runs_on_the_cluster_and_they_go_on_elsewhere(cluster, tmp_path):
    params = [f"--param={name}={value}" for name, value in (SIZES | {"updates": 400}).items()]
    words = ["--trials", 2, "--out", "s", "--param", "lr=1e-3,1e-2", "--no-prune", *params]
    process = start(
        "sweep", "adding", *words, "--backend", "dask", "--scheduler", cluster.scheduler_address, cwd=tmp_path
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and len(list(tmp_path.glob("s/*/last.npz"))) < 2:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err and "interrupted" in out, err
    assert f"--backend dask --scheduler {cluster.scheduler_address}" in err.splitlines()[-1]
    assert all(load_checkpoint(path).update < 400 for path in tmp_path.glob("s/*/last.npz"))
    assert main(["sweep", "adding", "--out", "s", "--trials", "2", "--jobs", "1", "--quiet"]) == 0


def test_the_command_compare_takes_a_scheduler(cluster, tmp_path, capsys):
    sizes = ["--cells", "rnn,gru", "--seeds", "1", "--length", "5", "--updates", "10", "--batch", "2", "--hidden", "4"]
    there = ["--backend", "dask", "--scheduler", cluster.scheduler_address, "--out", "relative"]
    assert main(["compare", "adding", *sizes, *there, "--quiet"]) == 0
    assert "| gru |" in capsys.readouterr().out and (tmp_path / "relative" / "gru-4-seed0" / "best.npz").exists()


def test_a_scheduler_that_does_not_answer_or_has_no_workers_is_one_line(monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr("tinygrad_gru.training.experiments.workers.SECONDS", 1)
    with pytest.raises(ConfigError, match="scheduler: none answers at tcp://127.0.0.1:1 .* try: dask scheduler"):
        list(spread(str, [1], backend="dask", scheduler="tcp://127.0.0.1:1"))
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None, silence_logs=50) as empty:
        with pytest.raises(ConfigError, match="has no workers. try: dask worker tcp://127.0.0.1"):
            list(spread(str, [1], backend="dask", scheduler=empty.scheduler_address))


def test_without_dask_the_way_to_get_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"try: pip install \"tinygrad_gru\[cluster\]\""):
        list(spread(str, [1], backend="dask", scheduler="tcp://127.0.0.1:1"))

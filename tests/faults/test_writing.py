"""Faults 31 to 40: disks that are full, places that cannot be written, crashes, and two at once."""

import json
import os
import resource
import shutil
import signal
import sys
import time

import pytest

from tests.cli.command import COMMAND, run, start
from tests.faults.session import SIZES, bound_by_permissions, complaint, good_run, process, still_good, the_line
from tinygrad_gru.training import Config, find_run, load_checkpoint, resume_run, subscribers, train_run

LONG = ["train", "adding", *SIZES, "--updates", "1000000", "--every", "20", "--quiet"]

# A disk of its own for one process, which goes away with it: mounted, filled when there is a checkpoint, copied out.
FULL_DISK = """
mkdir disk && mount -t tmpfs -o size=64k tmpfs disk || exit 77
"$@" & pid=$!
for i in $(seq 600); do [ -e disk/run/best.npz ] && break; sleep 0.05; done
cat /dev/zero > disk/fill 2> /dev/null
wait $pid; code=$?
cp -r disk/run kept
exit $code
"""

READ_ONLY = """
mkdir disk && mount -t tmpfs tmpfs disk && cp -r run disk/run && mount -o remount,ro disk || exit 77
"$@"
"""

KILLED = """
import os, signal, sys
name, count = sys.argv[1], int(sys.argv[2])
real = getattr(os, name)
def dying(*args, **options):
    global count
    count -= os.path.exists("run/best.npz")
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **options)
setattr(os, name, dying)
from tinygrad_gru.cli import main
main(sys.argv[3:])
"""


def on_a_disk(script, *words, cwd):
    """The finished process, in a place where it may mount a disk."""
    mounting = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare to mount a disk with")
    done = process(*mounting, "sh", "-c", script, "sh", *words, cwd=cwd)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"no disk may be mounted here: {done.stderr}")
    return done


def until(condition):
    """Wait for it, half a minute at most."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def weights(path):
    """The weights of a checkpoint, to be compared bit for bit."""
    return {name: array.tobytes() for name, array in load_checkpoint(path).model.state_dict().items()}


def test_a_disk_that_is_full_in_a_save_keeps_the_last_checkpoint(tmp_path):
    done = on_a_disk(FULL_DISK, *COMMAND, *LONG, "--out", "disk/run", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "No space left on device" in the_line(done.stdout, done.stderr)
    still_good(tmp_path / "kept")


def test_a_disk_that_is_full_on_metrics_is_one_line(tmp_path):
    most = 12_000  # bytes of a file: the checkpoints are smaller, and the metrics soon larger
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))}
    done = run(*LONG, "--every", "200", "--out", "run", cwd=tmp_path, **limit)
    assert done.returncode == 1
    line = the_line(done.stdout, done.stderr)
    assert line.startswith("error: cannot write run/metrics.jsonl: File too large. the checkpoints so far are kept.")
    still_good(tmp_path / "run")
    lines = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    assert all(json.loads(line)["update"] > 0 for line in lines[:-1])


@pytest.mark.parametrize(("call", "count"), [("fsync", 2), ("fsync", 3), ("fsync", 4), ("replace", 1)])
def test_killed_in_a_save_the_last_checkpoint_is_whole(call, count, tmp_path):
    """Once there are checkpoints it dies at the next lines of metrics, or in the next save: file, folder or name."""
    settings = [*SIZES, "--updates", "60", "--every", "20", "--quiet"]
    words = ["train", "adding", *settings, "--out", "run"]
    done = process(sys.executable, "-c", KILLED, call, count, *words, cwd=tmp_path)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert load_checkpoint(tmp_path / "run/last.npz").update in (20, 40)
    resume_run(tmp_path / "run", quiet=True)
    whole = good_run(tmp_path / "whole", updates=60, every=20)
    assert weights(tmp_path / "run/last.npz") == weights(whole / "last.npz")
    still_good(tmp_path / "run")


def test_a_place_that_cannot_be_written_is_told_before_any_work(tmp_path):
    good_run(tmp_path / "run")
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    (tmp_path / "run").chmod(0o555)
    (tmp_path / "closed").mkdir(mode=0o555)
    words = ["train", "adding", *SIZES, "--updates", "2", "--quiet"]
    try:
        done = process(*bound_by_permissions(), *COMMAND, *words, "--out", "closed/new", cwd=tmp_path)
        assert done.returncode == 1
        assert "cannot make a run in closed/new: Permission denied" in the_line(done.stdout, done.stderr)
        done = process(*bound_by_permissions(), *COMMAND, "graph", "-o", "closed/graph.dot", cwd=tmp_path)
        assert done.returncode == 1
        assert "closed/graph.dot" in the_line(done.stdout, done.stderr)
    finally:
        (tmp_path / "run").chmod(0o755)
        (tmp_path / "closed").chmod(0o755)
    done = on_a_disk(READ_ONLY, *COMMAND, *words, "--out", "disk/new", cwd=tmp_path)
    assert done.returncode == 1
    assert "cannot make a run in disk/new: Read-only file system" in the_line(done.stdout, done.stderr)
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_a_directory_that_is_deleted_in_training_is_told(tmp_path):
    process = start(*LONG, "--out", "run", cwd=tmp_path)
    try:
        until((tmp_path / "run/best.npz").exists)  # it comes after last.npz
        (tmp_path / "run").rename(tmp_path / "away")
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "No such file or directory" in the_line(out, err)
    still_good(tmp_path / "away")


def test_the_temporary_file_of_a_crash_is_in_nobodys_way(tmp_path, monkeypatch):
    path = stopped_before_its_end(tmp_path, monkeypatch)
    (path / ".last.npz.0badcafe.tmp").write_bytes(b"half of it")
    resume_run(path, quiet=True)
    still_good(path)  # and it is gone


def test_two_runs_at_once_get_two_directories(tmp_path):
    words = ["train", "adding", *SIZES, "--updates", "2", "--quiet"]
    both = [start(*words, cwd=tmp_path) for _ in range(2)]
    told = sorted(process.communicate(timeout=60) for process in both)
    assert told == [("runs/adding-0001\n", ""), ("runs/adding-0002\n", "")]
    for name in ("adding-0001", "adding-0002"):
        still_good(tmp_path / "runs" / name)


def test_a_run_that_is_trained_is_not_resumed_a_second_time(tmp_path, capsys):
    process = start(*LONG, "--out", tmp_path / "run", cwd=tmp_path)
    try:
        until((tmp_path / "run/last.npz").exists)
        line = complaint(capsys, 1, "resume", tmp_path / "run")
        assert "is being trained by another process. try: again when that has ended" in line
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    again = start("resume", tmp_path / "run", cwd=tmp_path)
    with again:
        assert again.stderr.readline().startswith("going on with ")  # who was killed holds nothing
        again.send_signal(signal.SIGTERM)
        again.stderr.read()
    assert again.returncode == 143
    still_good(tmp_path / "run")


def stopped_before_its_end(folder, monkeypatch):
    """A run of 20 updates that ended after 12, between two lines of metrics."""
    real, count = subscribers.save_checkpoint, []

    def failing(path, checkpoint):
        real(path, checkpoint)
        if path.name == "last.npz" and checkpoint.update == 12:
            count.append(1)
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(subscribers, "save_checkpoint", failing)
        good_run(folder / "run", updates=20)
    return folder / "run"


def figures(path):
    """The metrics without the times."""
    lines = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if not name.startswith("se")} for line in lines]


@pytest.mark.parametrize("torn", ['{"update": 13, "lo', '{"update": 12, "loss": 1', "\0" * 50, "é{}[1]\n7\n"])
def test_a_torn_line_of_metrics_is_written_again(torn, tmp_path, monkeypatch):
    path = stopped_before_its_end(tmp_path, monkeypatch)
    with (path / "metrics.jsonl").open("ab") as file:
        file.write(torn.encode("latin1"))
    resume_run(path, quiet=True)
    lines = figures(path)
    assert [line["update"] for line in lines] == sorted({line["update"] for line in lines})
    whole = figures(good_run(tmp_path / "whole", updates=20))
    assert [line for line in whole if line["update"] != 12] == [line for line in lines if line["update"] != 12]


@pytest.mark.parametrize("seconds", ["NaN", "Infinity", "-3", "1e300", "null", "[]", '"x"'])
def test_a_time_that_makes_no_sense_counts_as_none(seconds, tmp_path, monkeypatch, capsys):
    path = stopped_before_its_end(tmp_path, monkeypatch)
    with (path / "metrics.jsonl").open("a") as file:
        file.write(f'{{"update": 12, "seconds": {seconds}}}\n')
    assert 0 < resume_run(path).seconds < 60
    assert "ETA 0:00:0" in capsys.readouterr().err


def test_a_clock_that_was_set_back_does_not_change_which_run_is_the_last(tmp_path):
    for age, name in enumerate(["adding-0001", "adding-0002", "adding-0003"]):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (10**9 - age, 10**9 - age))
    assert find_run("last", tmp_path).name == "adding-0003"


def test_power_lost_between_best_and_last_loses_nothing(tmp_path, monkeypatch):
    real = subscribers.save_checkpoint

    def failing(path, checkpoint):
        if path.name == "last.npz" and checkpoint.update == 12:
            raise KeyboardInterrupt
        real(path, checkpoint)

    config = Config.of("adding", length=5, hidden=4, batch=2, updates=20)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(subscribers, "save_checkpoint", failing)
        train_run(config, tmp_path / "run", quiet=True)
    best, last = (load_checkpoint(tmp_path / "run" / name).update for name in ("best.npz", "last.npz"))
    assert last == 10 and best <= 12
    resume_run(tmp_path / "run", quiet=True)
    train_run(config, tmp_path / "whole", quiet=True)
    for name in ("best.npz", "last.npz"):
        assert weights(tmp_path / "run" / name) == weights(tmp_path / "whole" / name)

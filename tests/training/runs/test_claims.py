"""Claims end with the process that holds them, however that dies."""

import os
import subprocess
import sys
import threading
import time

import pytest

from tinygrad_gru.errors import FileError
from tinygrad_gru.training.runs.claims import Claim, in_turn, is_held

HOLD = """
import sys, time
from pathlib import Path
from tinygrad_gru.training.runs.claims import Claim
with Claim(Path(sys.argv[1])) as claim:
    print(claim.path, flush=True)
    time.sleep(60)
"""


def test_a_claim_is_held_until_it_is_given_up(tmp_path):
    with Claim(tmp_path) as claim:
        assert is_held(claim.path)
        claim.give_up()
        assert not is_held(claim.path)
    with Claim(tmp_path) as other:
        assert other.path != claim.path
    assert not is_held(other.path) and not list(tmp_path.iterdir())


def test_a_claim_of_a_killed_process_is_not_held_though_its_file_is_there(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True)
    path = tmp_path / process.stdout.readline().strip().rpartition("/")[2]
    assert is_held(path)
    process.kill()
    process.wait()
    process.stdout.close()
    assert path.exists() and not is_held(path)
    with Claim(tmp_path):
        assert not path.exists()  # it is cleared away by the next


def test_one_comes_after_the_other(tmp_path):
    told = []

    def work(name):
        with in_turn(tmp_path):
            told.append(name)
            time.sleep(0.02)
            told.append(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told[::2] == told[1::2] and sorted(told[::2]) == list("abcd")


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(FileError, match="cannot open .*nowhere: No such file"), in_turn(tmp_path / "nowhere"):
        pass


def test_only_claims_are_cleared_away(tmp_path):
    mine = {".notes.claim": b"", ".12-0123abcd.claim": b"not empty", ".x-0123abcd.claim": b"", "1-0123abcd.claim": b""}
    for name, data in mine.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / ".1-0123abcd.claim").mkdir()
    os.mkfifo(tmp_path / ".2-0123abcd.claim")  # to open it would be to wait
    (tmp_path / ".3-0123abcd.claim").write_bytes(b"")  # of a process that was killed
    with Claim(tmp_path):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {*mine, ".1-0123abcd.claim", ".2-0123abcd.claim"}

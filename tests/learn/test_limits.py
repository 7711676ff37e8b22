"""What a learner's file may use of the machine. The limits are set in processes of their own: they cannot be lifted."""

import subprocess
import sys

import pytest

from tests.cli.command import environment
from tinygrad_gru.learn.limits import without_memory_limit

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits, and memory in use, of Linux")
BEGIN = """
import resource
from tinygrad_gru.learn.limits import limit, limit_seconds, without_memory_limit
def data():
    return resource.getrlimit(resource.RLIMIT_DATA)
"""


def printed(text):
    command = [sys.executable, "-c", BEGIN + text]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=True).stdout


def test_the_second_limit_of_seconds_may_be_lower_and_never_higher():
    shown = "print(resource.getrlimit(resource.RLIMIT_CPU)[0])\n"
    first, lower, higher = map(
        int, printed(f"limit(50)\n{shown}limit_seconds(5)\n{shown}limit_seconds(900)\n{shown}").split()
    )
    assert 50 <= first < 60 and 5 <= lower < 15 and higher == first + 1


def test_too_much_memory_is_an_error_and_there_is_room_to_say_so():
    text = "limit(50)\ntry:\n    bytearray(6 * 2**30)\nexcept MemoryError:\n    print('none')\n"
    room = "with without_memory_limit():\n    print(data()[0] == resource.RLIM_INFINITY)\n"
    after = "print(4 * 2**30 < data()[0] < 6 * 2**30)\n"
    assert printed(text + room + after).split() == ["none", "True", "True"]


def test_where_nothing_is_limited_nothing_changes():
    import resource

    def data():
        return resource.getrlimit(resource.RLIMIT_DATA)

    before = data()
    with without_memory_limit():
        assert data() == before
    assert data() == before

"""SIGTERM and SIGHUP unwind a command, so that what stands in `finally` is done."""

import os
import signal
import threading

import pytest

from tinygrad_gru.cli.ending import unwound_by_signals


@pytest.fixture(autouse=True)
def default_handlers():
    """As in a new process; whoever runs the tests may have set others."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_DFL) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_runs_finally_and_ends_with_128_and_its_number(number, code):
    cleaned = []
    with pytest.raises(SystemExit) as end, unwound_by_signals():
        try:
            os.kill(os.getpid(), number)
        finally:
            cleaned.append(number)
    assert (end.value.code, cleaned) == (code, [number])


def test_afterwards_the_handlers_are_as_before():
    with unwound_by_signals():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_what_is_ignored_on_purpose_as_under_nohup_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with unwound_by_signals():
        os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_in_another_thread_nothing_is_handled_and_nothing_fails():
    handlers = []

    def work():
        with unwound_by_signals():
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.SIG_DFL]

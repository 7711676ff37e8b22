"""Signals only set a flag; the third one gets out."""

import signal
import threading

import pytest

from tinygrad_gru.training import StopOnSignal


@pytest.fixture(autouse=True)
def default_handlers():
    before = {number: signal.signal(number, signal.default_int_handler) for number in StopOnSignal.SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP")]
)
def test_a_signal_sets_a_flag_and_a_second_one_is_waited_out(number, name):
    with StopOnSignal() as stop:
        assert stop.signal is None
        signal.raise_signal(number)
        signal.raise_signal(number)
        assert stop.signal == number
    assert stop.name == name


def test_the_third_one_exits_at_once():
    with StopOnSignal(), pytest.raises(SystemExit) as exit:
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
    assert exit.value.code == 130


def test_the_first_signal_is_the_one_that_counts():
    with StopOnSignal() as stop:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert stop.signal == signal.SIGTERM


def test_the_first_one_is_told_to_others_once():
    told = []
    with StopOnSignal(lambda: told.append("stop")):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert told == ["stop"]


def test_afterwards_the_old_handlers_are_back():
    with StopOnSignal():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_that_is_ignored_on_purpose_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with StopOnSignal() as stop:
        signal.raise_signal(signal.SIGINT)
    assert stop.signal is None


def test_in_another_thread_it_does_nothing():
    flags = []

    def work():
        with StopOnSignal() as stop:
            flags.append(stop.signal)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert flags == [None]

"""Modes as decorators of what pauses: they hold while its lines run, and for nobody else."""

import asyncio

import pytest

import tinygrad_gru as tg

W = tg.Tensor([1.0, 2.0], requires_grad=True)


def recording():
    return (W * 1).requires_grad


@tg.no_grad()
def answers(n):
    """Yields whether it records, and returns what it was sent."""
    sent = []
    for _ in range(n):
        sent.append((yield recording()))
    return sent


def test_a_decorated_generator_records_nothing_and_its_caller_does():
    seen = []
    for inside in answers(3):
        seen.append((inside, recording()))

    assert seen == [(False, True)] * 3


def test_what_is_sent_and_returned_passes_through():
    generator = answers(2)
    next(generator)
    generator.send("a")
    with pytest.raises(StopIteration) as end:
        generator.send("b")

    assert end.value.value == ["a", "b"]


def test_what_is_thrown_in_and_closing_reach_the_body():
    heard = []

    @tg.no_grad()
    def body():
        try:
            yield 1
        except ValueError as error:
            heard.append((str(error), recording()))
        try:
            yield 2
        finally:
            heard.append(("closed", recording()))

    generator = body()
    next(generator)
    assert generator.throw(ValueError("thrown")) == 2
    generator.close()

    assert heard == [("thrown", False), ("closed", False)]
    assert recording()


def test_two_generators_that_take_turns_do_not_disturb_each_other():
    @tg.enable_grad()
    def recorded():
        while True:
            yield recording()

    with tg.no_grad():
        pairs = [pair for pair, _ in zip(zip(recorded(), answers(3), strict=False), range(3), strict=False)]
        assert not recording()

    assert pairs == [(True, False)] * 3


def test_a_decorated_coroutine_records_nothing_and_another_meanwhile_does():
    @tg.no_grad()
    async def quiet():
        before = recording()
        await asyncio.sleep(0)
        return before, recording()

    async def loud():
        seen = []
        for _ in range(4):
            seen.append(recording())
            await asyncio.sleep(0)
        return seen

    async def both():
        return await asyncio.gather(quiet(), loud())

    assert asyncio.run(both()) == [(False, False), [True] * 4]


def test_a_decorated_asynchronous_generator_records_nothing():
    @tg.no_grad()
    async def body():
        try:
            for _ in range(2):
                await asyncio.sleep(0)
                yield recording()
        finally:
            closed.append(recording())

    async def collect():
        whole = [(inside, recording()) async for inside in body()]
        started = body()
        await anext(started)
        await started.aclose()
        return whole

    closed = []
    assert asyncio.run(collect()) == [(False, True)] * 2
    assert closed == [False, False]


def test_what_is_thrown_into_an_asynchronous_generator_reaches_its_body():
    @tg.no_grad()
    async def body():
        try:
            yield 1
        except ValueError as error:
            yield str(error), recording()

    async def throw():
        started = body()
        await anext(started)
        return await started.athrow(ValueError("thrown"))

    assert asyncio.run(throw()) == ("thrown", False)


@pytest.mark.parametrize(
    ("mode", "expected"), [(tg.no_grad, None), (tg.enable_grad, "multiply"), (tg.record, "multiply")]
)
def test_every_mode_holds_in_a_generator(mode, expected):
    @mode()
    def body():
        t = W * 1
        yield t.op and t.op.name

    with tg.no_grad():
        assert list(body()) == [expected]


def test_anomalies_are_found_in_a_generator():
    @tg.detect_anomaly()
    def body():
        yield tg.Tensor([0.0]) / 0.0

    with pytest.raises(tg.errors.AnomalyError), pytest.warns(RuntimeWarning):
        next(body())


def test_the_name_and_kind_of_a_decorated_function_stay():
    @tg.no_grad()
    async def coroutine():
        """Its words."""

    assert coroutine.__name__ == "coroutine" and coroutine.__doc__ == "Its words."
    assert asyncio.iscoroutinefunction(coroutine)
    assert answers.__name__ == "answers"

"""Context managers around generators and coroutines: entered while they run, left while they wait.

Calling a generator function only makes the generator; its body runs later, between one `next` and the following. So a
context entered around the call would be left again before the first line of the body.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any

__all__ = ["inside_while_running"]

Context = Callable[[], AbstractContextManager[Any]]


def inside_while_running(f: Callable[..., Any], context: Context) -> Callable[..., Any] | None:
    """`f`, a generator or coroutine function, with each of its stretches inside a `context()`; None for any other."""
    if inspect.isgeneratorfunction(f):
        return wraps(f)(lambda *xs, **options: _stretches(f(*xs, **options), context))
    if inspect.iscoroutinefunction(f):

        @wraps(f)
        async def coroutine(*xs: Any, **options: Any) -> Any:
            return await _awaited(f(*xs, **options), context)

        return coroutine
    if inspect.isasyncgenfunction(f):
        return wraps(f)(lambda *xs, **options: _async_stretches(f(*xs, **options), context))
    return None


def _stretches(body: Any, context: Context) -> Generator[Any, Any, Any]:
    """The generator `body`, with each resumption inside a `context()`; sends and throws are forwarded."""
    resume, argument = body.send, None
    while True:
        try:
            with context():
                item = resume(argument)
        except StopIteration as end:
            return end.value
        try:
            argument = yield item
            resume = body.send
        except GeneratorExit:
            with context():
                body.close()
            raise
        except BaseException as error:
            argument, resume = error, body.throw


# A coroutine is sent to like a generator, by the event loop.
_awaited = types.coroutine(_stretches)


async def _async_stretches(body: Any, context: Context) -> AsyncGenerator[Any, Any]:
    step = body.asend(None)
    while True:
        try:
            item = await _awaited(step, context)
        except StopAsyncIteration:
            return
        try:
            argument = yield item
            step = body.asend(argument)
        except GeneratorExit:
            await _awaited(body.aclose(), context)
            raise
        except BaseException as error:
            step = body.athrow(error)

"""Calls that may hang in the kernel, done aside: the loop goes on, and a call that never returns costs one thread.

An I2C bus whose clock is held low, or a 1-Wire conversion, takes a second and more: the loop must hear boards.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from lampyre.errors import LinkDown

T = TypeVar("T")


class Aside(Executor):
    """One call at a time, in a thread that does not keep the process from ending."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._last: Future[Any] | None = None

    async def do(self, call: Callable[[], T], limit_s: float) -> T:
        """Return what `call` returns, or raise what it raises; LinkDown when it takes longer than `limit_s`."""
        if self._last is not None and not self._last.done():
            raise LinkDown(f"{self._name}: the bus still hangs; check its wires for a short, and the supply")
        called = asyncio.get_running_loop().run_in_executor(self, call)
        called.add_done_callback(_seen)
        done, _ = await asyncio.wait({called}, timeout=limit_s)
        if not done:
            raise LinkDown(
                f"{self._name}: the bus hangs, for {limit_s:g} s; check its wires for a short, and the supply"
            )
        return called.result()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run `fn` in a thread of its own."""
        future: Future[Any] = Future()
        self._last = future
        future.set_running_or_notify_cancel()  # from here on it cannot be called off
        threading.Thread(target=_run, args=(future, fn, args, kwargs), name=self._name, daemon=True).start()
        return future


def _run(future: "Future[Any]", fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    try:
        future.set_result(fn(*args, **kwargs))
    except (
        OSError,
        ValueError,
        ImportError,
        LinkDown,
    ) as error:  # what doors raise; raised where the result is awaited
        future.set_exception(error)
    finally:
        if not future.done():  # a fault of ours, whose trace goes to the log
            future.set_exception(RuntimeError("a call that was made aside failed; the log has where"))


def _seen(call: "asyncio.Future[Any]") -> None:
    """Take note of an error that nobody waits for any more."""
    if not call.cancelled():
        call.exception()

"""A session that ends while the disk takes a configuration: memory and disk say the same afterwards."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.test_reconfigure import Place, place

from lampyre import configured
from lampyre.reconfigure import STEADY_S

__all__ = ["place"]


@pytest.fixture
def cancelled(monkeypatch: pytest.MonkeyPatch) -> Callable[[Coroutine[Any, Any, str]], Any]:
    """Return what runs a deed and cancels it while the disk is about to take its record."""

    @asynccontextmanager
    async def slow_disk() -> AsyncIterator[asyncio.Event]:
        loop, begun, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

        def slowly(*given: Any) -> None:
            loop.call_soon_threadsafe(begun.set)
            go_on.wait(60.0)
            configured.write(*given)

        with monkeypatch.context() as patch:
            patch.setattr("lampyre.reconfigure.write", slowly)
            yield begun
            loop.call_soon(go_on.set)

    async def run(deed: Coroutine[Any, Any, str]) -> None:
        async with slow_disk() as begun:
            task = asyncio.ensure_future(deed)
            await begun.wait()
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    return run


async def test_what_the_disk_has_taken_is_begun_also_where_who_asked_is_gone(place: Place, cancelled: Any) -> None:
    await cancelled(place.apply(1, place.text(1)))
    told = place.node.changes.told.record
    assert told == configured.look(place.hand).record
    assert told.probation is not None
    assert place.node.changes._due.is_set(), "nobody is left to say that the answer is sent"
    place.go()
    assert list(place.node.lamps) == ["lamp-1"]
    await place.wait(301.0)
    assert list(place.node.lamps) == ["lamp-1", "lamp-2"], "and put back, for nobody has confirmed it"


async def test_a_confirmation_that_the_disk_has_taken_holds(place: Place, cancelled: Any) -> None:
    await place.apply(1, place.text(1))
    place.go()
    await cancelled(place.node.changes.confirm(1))
    assert place.node.changes.told.confirm_by is None
    await place.wait(301.0 + STEADY_S)
    assert (place.state, list(place.node.lamps), place.left) == ("applied", ["lamp-1"], 0)
    assert place.node.changes.told.record == configured.look(place.hand).record

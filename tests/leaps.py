"""`@in_leaps` and `@at_speed`: run an async test in virtual time, or in a faster one."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

from lampyre_sim.loop import JumpingLoop
from lampyre_sim.pace import StreetLoop

P = ParamSpec("P")


def in_leaps(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run the test on a loop whose time leaps to the next timer whenever nothing else is ready."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


def at_speed(speed: float) -> Callable[[Callable[P, Coroutine[Any, Any, None]]], Callable[P, None]]:
    """Run the test on a loop whose seconds are `speed` times shorter: for tests with real processes and sockets.

    While the machine stalls they stand still, so that no limit of the agent's runs out because of that.
    """

    def decorate(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
        @functools.wraps(test)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            with asyncio.Runner(loop_factory=lambda: StreetLoop(speed)) as runner:
                runner.run(test(*args, **kwargs))

        return run

    return decorate

"""`@in_leaps`: run an async test in virtual time, so that an hour of it takes no time."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

from lampyre_sim.loop import JumpingLoop

P = ParamSpec("P")


def in_leaps(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run the test on a loop whose time leaps to the next timer whenever nothing else is ready."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run

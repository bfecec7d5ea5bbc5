"""What a node would pay memory for and never use, kept out before those come who would bring it in.

paho asks `urllib.request` for HTTP proxies, and only where PySocks is installed, which our lock has not. pydantic looks
through every installed package for plugins of strangers. Both bring email, http, zipfile and csv along (measured
together: 2.2 MB of 63). A version that no longer asks for them makes this file empty work; tests/test_lean.py tells.

`dataclass(frozen=True, slots=True)` makes a class twice, and up to Python 3.12 two closures of its own keep the first
one alive: 5 kB for each of three hundred. Here all share two functions that refuse (1.2 MB less, November 2026).
"""

import dataclasses
import reprlib
import sys
from types import ModuleType
from typing import Any, NoReturn


def spare() -> None:
    """Put stand-ins where nobody has imported the real ones yet; call it before pydantic and paho."""
    _stand_in("urllib.request", getproxies=dict)
    _stand_in("pydantic.plugin._loader", get_plugins=tuple)
    if sys.version_info < (3, 13):
        vars(dataclasses)["_frozen_get_del_attr"] = lambda *_: (_no_set, _no_delete)
        vars(dataclasses)["_repr_fn"] = lambda *_: _said


@reprlib.recursive_repr()
def _said(self: Any) -> str:
    told = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
    return f"{type(self).__qualname__}({told})"


def _no_set(self: object, name: str, value: object) -> NoReturn:  # noqa: ARG001
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _no_delete(self: object, name: str) -> NoReturn:  # noqa: ARG001
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


_no_set.__name__, _no_delete.__name__ = "__setattr__", "__delattr__"  # where dataclass puts them


def _stand_in(name: str, **functions: object) -> None:
    if name not in sys.modules:
        module = ModuleType(name)
        vars(module).update(functions)
        sys.modules[name] = module

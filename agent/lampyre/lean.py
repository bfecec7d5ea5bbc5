"""Two imports that a node pays 2 MB for and never uses, kept out before those who would import them do.

paho asks `urllib.request` for HTTP proxies, and only where PySocks is installed, which our lock has not. pydantic looks
through every installed package for plugins of strangers. Both bring email, http, zipfile and csv along (measured
together: 2.2 MB of 63). A version that no longer asks for them makes this file empty work; tests/test_lean.py tells.
"""

import sys
from types import ModuleType


def spare() -> None:
    """Put an empty stand-in where nobody has imported the real module yet; call it before pydantic and paho."""
    _stand_in("urllib.request", getproxies=dict)
    _stand_in("pydantic.plugin._loader", get_plugins=tuple)


def _stand_in(name: str, **functions: object) -> None:
    if name not in sys.modules:
        module = ModuleType(name)
        vars(module).update(functions)
        sys.modules[name] = module

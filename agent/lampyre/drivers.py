"""Drivers by their kind: our own by name, anybody's by an entry point of the group `lampyre.drivers`."""

import importlib
from typing import TYPE_CHECKING

from lampyre.driver import Driver
from lampyre.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "lampyre.drivers"

# kind → where its Driver stands, as entry points say it; loaded only where a file names the kind
OURS = {
    "dali_hat": "lampyre.act.dali.gear:DRIVER",
    "bh1750": "lampyre.sense.bh1750:DRIVER",
    "ds18b20": "lampyre.sense.ds18b20:DRIVER",
    "dyp_a01": "lampyre.sense.dyp:A01",
    "dyp_a02": "lampyre.sense.dyp:A02",
    "gpio_presence": "lampyre.sense.gpio_presence:DRIVER",
    "gpio_relay": "lampyre.act.relay:DRIVER",
    "ld2410": "lampyre.sense.ld2410:DRIVER",
    "maxbotix": "lampyre.sense.maxbotix:DRIVER",
    "nmea": "lampyre.sense.nmea:DRIVER",
    "pzem004t": "lampyre.sense.pzem004t:DRIVER",
    "pwm": "lampyre.act.pwm:DRIVER",
    "sdm120": "lampyre.sense.sdm120:DRIVER",
    "tf_luna": "lampyre.sense.tfmini:TF_LUNA",
    "tf_luna_i2c": "lampyre.sense.tf_luna_i2c:DRIVER",
    "tfmini_s": "lampyre.sense.tfmini:TFMINI_S",
}


def kinds() -> list[str]:
    """Return every kind that this installation has a driver for."""
    return sorted({*OURS, *(point.name for point in _theirs())})


def driver_of(kind: str) -> Driver:
    """Return the driver; ConfigError, with the kinds there are, for an unknown one or one that does not load."""
    if kind not in OURS:
        return _load(kind)
    module, _, name = OURS[kind].partition(":")
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, Driver)
    return found


def unknown(kind: str, more: tuple[str, ...] = ()) -> str:
    """Return the sentence for a kind that nobody drives; `more` are kinds that are no drivers."""
    known = sorted({*kinds(), *more})
    near = importlib.import_module("difflib").get_close_matches(kind, known, n=1)  # 0.1 MB, for a misspelt file only
    meant = f"; is {near[0]!r} meant?" if near else ";"
    return f"no driver {kind!r}{meant} there are {', '.join(known)}; others come as packages (docs/drivers.md)"


def is_known(kind: str) -> bool:
    """Whether somebody drives this kind; loads nothing."""
    return kind in OURS or any(point.name == kind for point in _theirs())


def _load(kind: str) -> Driver:
    points = [point for point in _theirs() if point.name == kind]
    if not points:
        raise ConfigError(unknown(kind))
    if len(points) > 1:
        packages = ", ".join(sorted(_package(point) for point in points))
        raise ConfigError(f"driver {kind!r} comes from {packages}; uninstall all but one")
    package = _package(points[0])
    try:
        found = points[0].load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"driver {kind!r} of {package} does not load: {error}; reinstall or remove it") from error
    if not isinstance(found, Driver) or found.kind != kind:
        raise ConfigError(
            f"driver {kind!r} of {package} is no lampyre.driver.Driver of that kind; tell those who made it"
        )
    return found


def _theirs() -> "list[EntryPoint]":
    from importlib.metadata import entry_points  # noqa: PLC0415 - 2 MB, for those who have drivers of others alone

    return list(entry_points(group=GROUP))


def _package(point: "EntryPoint") -> str:
    return point.dist.name if point.dist is not None else point.value

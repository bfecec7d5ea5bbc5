"""I2C sensors: a bus such as /dev/i2c-1, an address, what is written and what comes back. The one door of smbus2."""

import errno
from collections.abc import Callable
from functools import partial

from lampyre.driver import Place, Values
from lampyre.link import FORBIDDEN, parse_address
from lampyre.sense.polled import Eye, Polled, Way

Reach = Callable[[str, int], Way]
"""Opens the way to one address of the bus at a path; may block and raise OSError."""


class Address:
    """One address of a bus that the kernel knows, for as long as it is open; others may use the bus in between."""

    def __init__(self, path: str, address: int) -> None:
        from smbus2 import I2cFunc, SMBus  # noqa: PLC0415 - for those alone who have such a sensor

        self._bus = SMBus(path)
        self._address = address
        self._plain = bool(self._bus.funcs & I2cFunc.I2C)

    def transfer(self, write: bytes, read: int) -> bytes:
        """Write and then read, in one go; an adapter that speaks SMBus alone reads only from a register."""
        if self._plain:
            from smbus2 import i2c_msg  # noqa: PLC0415 - as above

            out, back = i2c_msg.write(self._address, write), i2c_msg.read(self._address, read)
            self._bus.i2c_rdwr(*([out] if write else []), *([back] if read else []))
            return bytes(back)
        if read and len(write) == 1:
            return bytes(self._bus.read_i2c_block_data(self._address, write[0], read))
        if read or not write:
            raise OSError(errno.EOPNOTSUPP, "reads only from registers")
        if len(write) == 1:
            self._bus.write_byte(self._address, write[0])
        else:
            self._bus.write_i2c_block_data(self._address, write[0], write[1:])
        return b""

    def close(self) -> None:
        """Let go of the bus."""
        self._bus.close()


def i2c_device(kind: str, eye: Callable[[Values], Eye], place: Place, reach: Reach = Address) -> Polled:
    """Return the device of one sensor on a bus; `reach` is how its bus is opened."""
    path, address = parse_address(place.url).path, int(place.options["address"])
    cure = partial(_cure, path, address)
    return Polled(kind, place, lambda: eye(place.options), lambda: reach(path, address), cure)


def _cure(path: str, address: int, error: OSError) -> str:
    known = {
        errno.ENOENT: f"{path}: no such bus; `raspi-config nonint do_i2c 0`, or dtparam=i2c_arm=on in config.txt",
        errno.EPERM: f"{path}: {FORBIDDEN}",
        errno.EACCES: f"{path}: no permission; the service's user must be in the group i2c",
        errno.EREMOTEIO: f"{path}: nobody at address {address:#04x}; check wires and supply; `i2cdetect -y 1`",
        errno.ETIMEDOUT: f"{path}: the bus hangs; somebody holds SDA or SCL low: check wires, pull-ups and supply",
        errno.EOPNOTSUPP: f"{path}: this adapter speaks SMBus alone, which is not enough for the sensor",
    }
    known[errno.ENXIO] = known[errno.EREMOTEIO]  # as some adapters say it
    return known.get(error.errno or 0, f"{path}: address {address:#04x}: {error.strerror or error}")

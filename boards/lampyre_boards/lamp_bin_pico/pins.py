"""Which pin carries what, and how its numbers become units. board.toml says the same to the node."""

BOARD = "lamp_bin_pico"
BUILD = "0.1.0"
BAUD = 115200

UART_ID, TX, RX = 0, 0, 1
PRESENCE = 15
LAMP = 16
LAMP_HZ = 1000  # above what an eye or a camera sees, low enough for every LED driver's PWM input

CHANNELS = [
    ("presence", "/"),
    ("passages", "count"),
    ("lux", "lx"),
    ("distance", "m"),
    ("temperature", "Cel"),
    ("power", "W"),
    ("lid", "/"),
    ("tilt", "/"),
]

# name, pin, unit at a tenth of the supply, unit at nine tenths, logarithmic
INPUTS = [
    ("lux", 26, 0.1, 100000.0, True),
    ("distance", 27, 0.0, 5.0, False),
    ("temperature", 28, -40.0, 125.0, False),
    ("power", 29, 0.0, 250.0, False),
]

# name, pin: contacts to ground that are closed while all is well, so that a cut wire is noticed
SWITCHES = [("lid", 14), ("tilt", 13)]

LEAST = 0.10  # see board.toml
SAFE_LEVEL = 0.60
SAFE_UP_MS = 2000
SAFE_DOWN_MS = 10000
DARK_LUX = 35.0
LIGHT_LUX = 70.0

FULL = 65535  # read_u16 and duty_u16
ZERO = 6554  # a tenth of the supply: a live zero, so that a cut wire is no measurement
SPAN = 52428  # nine tenths less one tenth
DEAD_LOW = 3277  # a twentieth: nothing that works goes below ...
DEAD_HIGH = 62258  # ... or above
NAN = float("nan")


def to_unit(counts: int, low: float, high: float, log: bool) -> float:
    """Return what `counts` of an input mean, within low..high; NaN where no working sensor can be."""
    if not DEAD_LOW <= counts <= DEAD_HIGH:
        return NAN
    share = (counts - ZERO) / SPAN
    value = float(low * (high / low) ** share) if log else low + (high - low) * share
    return min(high, max(low, value))

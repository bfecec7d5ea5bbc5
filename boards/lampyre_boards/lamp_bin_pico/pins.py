"""Which pin carries what on the RP2040. board.toml says the same to the node."""

TYPE_CHECKING = False  # the node reads this file too, and has no machine
if TYPE_CHECKING:
    from machine import ADC

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


def analog(pin: int) -> "ADC":
    """Return the converter at a pin; its whole span is the supply."""
    from machine import ADC, Pin  # noqa: PLC0415 - see above

    return ADC(Pin(pin))


def counts(adc: "ADC") -> int:
    """Return 0..65535 of the span."""
    return adc.read_u16()

"""Which pin carries what on the ESP32. board.toml says the same to the node."""

TYPE_CHECKING = False  # the node reads this file too, and has no machine
if TYPE_CHECKING:
    from machine import ADC

BOARD = "lamp_bin_esp32"
BUILD = "0.1.0"
BAUD = 115200

UART_ID, TX, RX = 1, 26, 27  # UART 0 is the boot log and the REPL; the pins of UART 2 carry PSRAM on some modules
PRESENCE = 25
LAMP = 23
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

# name, pin of ADC1, unit at a tenth of the span, unit at nine tenths, logarithmic
INPUTS = [
    ("lux", 32, 0.1, 100000.0, True),
    ("distance", 33, 0.0, 5.0, False),
    ("temperature", 34, -40.0, 125.0, False),
    ("power", 35, 0.0, 250.0, False),
]

# name, pin: contacts to ground that are closed while all is well, so that a cut wire is noticed
SWITCHES = [("lid", 18), ("tilt", 19)]

LEAST = 0.10  # see board.toml
SAFE_LEVEL = 0.60
SAFE_UP_MS = 2000
SAFE_DOWN_MS = 10000
DARK_LUX = 35.0
LIGHT_LUX = 70.0

UV_PER_COUNT = 38  # 65535 of them are 2.49 V; with 11 dB the ESP32 measures 0.15 to 2.45 V (its data sheet)
BLIND = 64  # raw counts below the 0.15 V at which its converter begins to see; calibrated they would be 0.14 V


def analog(pin: int) -> "ADC":
    """Return the converter at a pin of ADC1; its span is 2.49 V, so that 0.25 to 2.24 V carry the measurement."""
    from machine import ADC, Pin  # noqa: PLC0415 - see above

    return ADC(Pin(pin), atten=ADC.ATTN_11DB)


def counts(adc: "ADC") -> int:
    """Return 0..65535 of the span."""
    return 0 if adc.read_u16() < BLIND else min(65535, adc.read_uv() // UV_PER_COUNT)

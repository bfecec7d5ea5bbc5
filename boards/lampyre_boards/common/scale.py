"""From what an input's converter counts to units."""

FULL = 65535  # read_u16 and duty_u16
ZERO = 6554  # a tenth of the span: a live zero, so that a cut wire is no measurement
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

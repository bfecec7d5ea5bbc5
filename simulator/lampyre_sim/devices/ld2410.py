"""An HLK-LD2410: somebody moves, stands still, or is not there; ten times a second."""

EVERY_S = 0.1
ENERGY = 60  # percent, of whoever is there


def frame(distance_m: float | None, *, moves: bool = True) -> bytes:
    """Return the basic frame for somebody at a distance in metres; None: nobody is there."""
    cm = 0 if distance_m is None else round(distance_m * 100)
    state = 0 if distance_m is None else 1 if moves else 2
    target = cm.to_bytes(2, "little") + bytes((ENERGY,))
    nothing = bytes(3)
    seen = (target if state == 1 else nothing) + (target if state == 2 else nothing) + cm.to_bytes(2, "little")
    body = bytes((0x02, 0xAA, state)) + seen + b"\x55\x00"
    return bytes.fromhex("F4F3F2F1") + len(body).to_bytes(2, "little") + body + bytes.fromhex("F8F7F6F5")

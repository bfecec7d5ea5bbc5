"""Modbus RTU: what is asked of a slave, and what of the bytes that come is its answer. The one door of pymodbus.

Format: "MODBUS over Serial Line, Specification and Implementation Guide" V1.02, 2.5.1; function 4, Read Input
Registers, and no other: a meter is read and never told anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pymodbus.constants import ExcCodes
from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import ReadInputRegistersRequest, ReadInputRegistersResponse

READ = 4  # the function
REFUSED = 0x80  # added to it where the slave refuses
REFUSAL_BYTES = 5  # slave, function, code, two of the sum
AROUND_BYTES = 5  # slave, function, number of bytes, two of the sum

# of any damage: the sum has 16 bits; slave, function and length must be right besides, so of noise one byte in 2**40
# begins a sound answer, and is heard only while one is awaited
WRONG_ODDS = 2e-5

FRAMER = FramerRTU(DecodePDU(is_server=False))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a slave said: its registers, or why it will not; `size` is how many bytes that took."""

    size: int
    registers: Sequence[int] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Some input registers in a row of one slave; at most 50, some meters know no more at once."""

    slave: int
    first: int
    count: int

    def request(self) -> bytes:
        """Return the bytes to send."""
        asked = ReadInputRegistersRequest(address=self.first, count=self.count, dev_id=self.slave)
        return FRAMER.buildFrame(asked)

    @property
    def answer_bytes(self) -> int:
        """How long a whole answer is."""
        return AROUND_BYTES + 2 * self.count

    def answer(self, data: bytes) -> Answer | None:
        """Return this slave's sound answer wherever it stands in `data`; None: there is none yet.

        Noise before it, other slaves' words and the echo of the request are passed over.
        """
        whole = _find(data, bytes((self.slave, READ, 2 * self.count)), self.answer_bytes)
        if whole is not None:
            response = ReadInputRegistersResponse()
            response.decode(whole[2:-2])
            return Answer(len(whole), response.registers)
        refused = _find(data, bytes((self.slave, READ | REFUSED)), REFUSAL_BYTES)
        return None if refused is None else Answer(len(refused), refusal=_reason(refused[2]))


def _find(data: bytes, head: bytes, size: int) -> bytes | None:
    at = data.find(head)
    while 0 <= at <= len(data) - size:
        frame = data[at : at + size]
        if FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big")):
            return frame
        at = data.find(head, at + 1)
    return None


def _reason(code: int) -> str:
    try:
        return ExcCodes(code).name.lower().replace("_", " ")
    except ValueError:
        return f"code {code}"

"""An independent reader of Sparkplug B: pysparkplug, with Google's own protobuf inside it."""

import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its protobuf code is older than Python's newest complaints
    import pysparkplug
    from pysparkplug import _protobuf

KINDS: dict[str, Any] = {
    "NBIRTH": pysparkplug.NBirth, "DBIRTH": pysparkplug.DBirth, "NDATA": pysparkplug.NData,
    "DDATA": pysparkplug.DData, "DDEATH": pysparkplug.DDeath, "NDEATH": pysparkplug.NDeath,
}  # fmt: skip


def decode(kind: str, body: bytes, birth: Any = None) -> Any:
    """Return the payload as that library understands it; with its birth data find their types."""
    return KINDS[kind].decode(body, birth=birth)


def raw(body: bytes) -> Any:
    """Return the payload with its properties, which that library leaves out."""
    return _protobuf.Payload.FromString(body)


def rebirth() -> bytes:
    """Return a host's request, as that library writes it."""
    metric = pysparkplug.Metric(0, "Node Control/Rebirth", pysparkplug.DataType.BOOLEAN, value=True)
    return pysparkplug.NCmd(0, (metric,)).encode(include_dtypes=True)

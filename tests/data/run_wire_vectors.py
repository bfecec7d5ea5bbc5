"""Says as JSON what wire.py in the working folder makes of the vectors: for CPython and MicroPython alike.

usage: PYTHON run_wire_vectors.py wire_vectors.json
"""

import json
import sys

sys.path.insert(0, "")
import wire

with open(sys.argv[1]) as file:  # noqa: PTH123 - MicroPython
    vectors = json.load(file)

unpack = {
    "ORDER": wire.order_of,
    "LAMP": wire.lamp_of,
    "NIGHT": wire.night_of,
    "KEEP": wire.keep_of,
    "COUNTS": wire.counts_of,
    "HELLO": wire.hello_of,
    "READINGS": lambda body: wire.readings_of(body, len(vectors["channels"])),
}


def hear(data, portion):
    decoder = wire.Decoder()
    frames = []
    for at in range(0, len(data), portion):
        frames += decoder.feed(data[at : at + portion])
    lines = [wire.encode(kind, seq, body).hex() for kind, seq, body in frames]
    return {"frames": lines, "broken": decoder.broken}


def taken(line):
    kind, seq, body = wire.decode(bytes.fromhex(line)[:-1])
    return {"kind": kind, "seq": seq, "body": body.hex()}


streams = [bytes.fromhex(stream["bytes"]) for stream in vectors["streams"]]
found = {
    "crc16": [f"{wire.crc16(bytes.fromhex(row['bytes'])):04x}" for row in vectors["crc16"]],
    "encoded": [wire.encode(f["kind"], f["seq"], bytes.fromhex(f["body"])).hex() for f in vectors["frames"]],
    "decoded": [taken(frame["line"]) for frame in vectors["frames"]],
    "whole": [hear(stream, len(stream)) for stream in streams],
    "bytewise": [hear(stream, 1) for stream in streams],
    "accepted": [
        row["says"] for row in vectors["refused"] if unpack[row["kind"]](bytes.fromhex(row["body"])) is not None
    ],
}
print(json.dumps(found))  # noqa: T201 - its answer

"""A short ordeal of a broker that goes and comes, and that the ledger it is judged by sees what is wrong."""

import json
import random
from pathlib import Path

import pytest
from tests.leaps import at_speed
from tests.ordeal import broker_restarts
from tests.ordeal.ledger import STREAMS, Ledger
from tests.sync.city import ROOT

from lampyre.sync import backoff
from lampyre.sync.outbox import Outbox

ALARM = f"{ROOT}/alarm"
Heard = list[tuple[str, bytes, bool]]


@at_speed(broker_restarts.SPEED)
async def a_few_restarts(folder: Path) -> None:
    assert await broker_restarts.ordeal(folder, restarts=6, seed=7)


def test_a_few_restarts_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "USUAL", broker_restarts.HASTY)  # and the usual patience again for the next test
    a_few_restarts(tmp_path)


async def accepted(folder: Path) -> tuple[Ledger, Heard]:
    """Return a ledger of three alarms, and what a city hears that hears them all."""
    outbox = await Outbox.open(folder / "outbox.db")
    ledger = Ledger(outbox, random.Random(1), 1.0)
    for topic in (ALARM, ALARM, ALARM, *STREAMS):
        await ledger.put(topic)
    await outbox.rewind()
    heard = [(parcel.topic, parcel.body, False) for parcel in await outbox.next(10)]
    await outbox.close()
    return ledger, heard


def altered(heard: tuple[str, bytes, bool], **fields: int) -> tuple[str, bytes, bool]:
    topic, body, retained = heard
    return topic, json.dumps(json.loads(body) | fields).encode(), retained


async def test_the_ledger_sees_what_is_lost_overtaken_and_told_differently(tmp_path: Path) -> None:
    ledger, heard = await accepted(tmp_path)
    assert ledger.verdict(heard).good
    assert ledger.all_heard(heard)
    assert ledger.verdict([*heard, *heard]).duplicates == len(heard)
    assert ledger.verdict([*heard, *heard]).good
    assert ledger.verdict(heard[1:]).lost == [json.loads(heard[0][1])["seq"]]
    assert not ledger.all_heard(heard[1:])
    assert len(ledger.verdict([heard[1], heard[0], *heard[2:]]).overtaken) == 1
    assert ledger.verdict([*heard, altered(heard[0], number=7)]).different
    assert ledger.verdict([altered(heard[0], number=7), *heard[1:]]).different
    assert len(ledger.verdict([*heard, altered(heard[0], seq=999)]).overtaken) == 1

"""What a primary host says of itself comes from the network: it is read, or it is ignored."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import LoopClock
from tests.sync.dialects.natives import settings

from lampyre.reach import brokers
from lampyre.sync.dialects.edge import Edge

TOPIC = "spBv1.0/STATE/scada"


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Edge:
    folder: Path = tmp_path_factory.mktemp("edge")
    own = settings(folder, '[dialects.sparkplug]\nprimary_host = "scada"\n')
    return Edge(own, brokers(own)[0], LoopClock(), folder / "sparkplug.json")


@given(
    st.one_of(
        st.binary(max_size=2000),
        st.sampled_from([b"[", b'{"a":', b'{"online":[']).map(lambda one: one * 1100),
        st.dictionaries(
            st.sampled_from(["online", "timestamp", "x"]),
            st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.lists(st.booleans())),
        ).map(lambda said: json.dumps(said).encode()),
    )
)
def test_whatever_a_host_says_of_itself_is_read_or_ignored(edge: Edge, body: bytes) -> None:
    edge._host_said(TOPIC, body, False)
    assert edge._host_online is False, "none of these is a host that is online"


@pytest.mark.parametrize(("said", "online"), [({"online": True, "timestamp": 5}, True), ({"online": 1}, False)])
def test_a_host_that_is_online_is_believed(edge: Edge, said: dict[str, Any], online: bool) -> None:
    edge._host_online, edge._host_at = False, -1
    edge._host_said(TOPIC, json.dumps(said).encode(), True)
    assert edge._host_online is online
    edge._host_online, edge._host_at = False, -1

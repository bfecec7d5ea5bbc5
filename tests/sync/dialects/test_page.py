"""docs/dialects.md and the example file say what there is: keys, topics, terms and metrics."""

import re
from pathlib import Path

import pytest
from tests.sync.dialects.natives import settings

from lampyre.dialect_settings import DialectSettings
from lampyre.document.asyncapi import document
from lampyre.sync.dialects.contexts import TERMS
from lampyre.sync.dialects.ngsi import DEFECTS
from lampyre.sync.dialects.sparkplug import COLUMNS

ROOM = Path(__file__).parents[3]
PAGE = (ROOM / "docs" / "dialects.md").read_text(encoding="utf-8")
EXAMPLE = (ROOM / "deploy" / "node.example.toml").read_text(encoding="utf-8")


def shown() -> str:
    return PAGE.split("```toml\n")[1].split("```")[0]


def commented() -> str:
    return re.sub(r"^#", "", EXAMPLE[EXAMPLE.index("#[dialects]") :], flags=re.MULTILINE)


@pytest.mark.parametrize("text", [shown(), commented()], ids=["page", "example"])
def test_what_is_shown_is_taken_and_names_every_key(tmp_path: Path, text: str) -> None:
    found = settings(tmp_path, text).dialects
    assert found.cloud_events
    for table in (found.home_assistant, found.ngsi_ld, found.sparkplug):
        assert table is not None
        assert all(name in text for name in type(table).model_fields)
    assert all(name in text for name in DialectSettings.model_fields)


def test_every_term_and_metric_stands_in_the_page() -> None:
    for kind, terms in TERMS.items():
        counted = {"dateObserved", "laneId"}  # the model wants them; they tell nothing more
        assert [name for name in (kind, *terms) if name not in PAGE and name not in counted] == []
    assert [event for event in DEFECTS if f"`{event}`" not in PAGE] == []
    names = {column.name.split("/")[1] for kind, found in COLUMNS.items() if kind != "Health" for column in found}
    assert [name for name in names if f"{name}`" not in PAGE] == []


def test_every_topic_stands_in_the_page() -> None:
    for key, channel in document()["channels"].items():
        if key.startswith("sparkplug-"):
            assert key.removeprefix("sparkplug-") in PAGE
        elif {"name": "dialect"} in channel.get("tags", ()):
            address = channel["address"].replace("{prefix}", "homeassistant").replace("{device}", "{id}")
            assert address in PAGE or "{topic}/{site}/{node}/{type}/{id}" in PAGE

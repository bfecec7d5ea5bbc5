"""The register names every field that leaves, in both languages, and nothing that does not; the pages are its own."""

from pathlib import Path
from typing import get_args

import pytest
from tests.sync.dialects.natives import settings

from lampyre.__main__ import main
from lampyre.register import node
from lampyre.register.dialects import DEVICE, FILE, FIXED, METRICS, NGSI_LD, TONGUES
from lampyre.register.page import Facts, page
from lampyre.register.streams import LINES, STREAMS, line_of, published, rows
from lampyre.register.terms import Language
from lampyre.sync.dialects import contexts, sparkplug
from lampyre.sync.dialects.metrics import BD_SEQ, REBIRTH
from lampyre.sync.messages import Reply
from lampyre.sync.topics import ROOT, TABLE

ROOM = Path(__file__).parents[2] / "docs"
PAGES: dict[Language, str] = {"en": "data-protection.md", "fr": "data-protection.fr.md"}
DIALECTS = "[dialects.ngsi_ld]\n[dialects.home_assistant]\n"


def test_every_field_that_leaves_has_its_line() -> None:
    missing = [
        (model.__name__, name) for model in published() for name in model.model_fields if not line_of(model, name)
    ]
    assert missing == [], "say in lampyre.register what it tells, and about whom"


def test_no_line_is_left_of_a_field_that_is_gone() -> None:
    for model, lines in LINES.items():
        heirs = [one for one in published() if issubclass(one, model)]
        assert heirs, model
        for name in lines:
            assert any(name in heir.model_fields for heir in heirs), (model, name)


def test_every_topic_on_which_the_node_speaks_is_a_stream() -> None:
    ours = {name for name in TABLE if not name.startswith("command/") and not name.endswith("/desired")}
    assert {stream.whole for stream in STREAMS if stream.whole.startswith(ROOT)} == {
        f"{ROOT}/{{site}}/{{node}}/{name}" for name in ours
    }
    for stream in STREAMS:
        assert TABLE.get(stream.topic, stream.model.__name__) == stream.model.__name__
    assert any(stream.model is Reply for stream in STREAMS)


def test_every_key_of_a_dialect_is_made_of_a_field_that_the_page_has() -> None:
    fields = {f"{stream.model.__name__}.{row.path}" for stream in STREAMS for row in rows(stream)}
    for tongue in TONGUES:
        for topic, keys in tongue.topics.items():
            assert set(keys.values()) - {FILE, FIXED} <= fields, topic


def test_every_term_and_metric_of_the_dialects_stands_in_the_page() -> None:
    fixed = {BD_SEQ, REBIRTH, *(metric.name for metric in sparkplug.about_node(0))}
    assert set(METRICS) == fixed | {column.name for columns in sparkplug.COLUMNS.values() for column in columns}
    for topic, keys in NGSI_LD.topics.items():
        kind = topic.split("/")[3]
        assert set(contexts.TERMS[kind]) == set(keys) - {
            "id",
            "type",
            "location",
            "status",
            "@context[]",
            "@context[].*",
        }


@pytest.mark.parametrize("language", get_args(Language))
def test_the_pages_in_docs_are_what_the_word_prints(language: Language, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privacy", "--language", language]) == 0
    said = capsys.readouterr().out
    file = ROOM / PAGES[language]
    assert file.read_text(encoding="utf-8") == said, f"lampyre privacy --language {language} > docs/{file.name}"


def test_both_pages_say_the_same_in_different_words() -> None:
    english, french = (page(language).splitlines() for language in get_args(Language))
    assert len(english) == len(french)
    for one, other in zip(english, french, strict=True):
        assert one.count("|") == other.count("|")
        if one.startswith("| `") and len(cells := one.split(" | ")) == 4:
            assert cells[1] != other.split(" | ")[1] or "SHA" in one, one
    assert all(line.what.en != line.what.fr for table in LINES.values() for line in table.values())
    assert all(both.en != both.fr for both in node.COUNTERS.values())


def test_for_one_node_the_page_has_its_own_values(tmp_path: Path) -> None:
    more = '[broker]\nurl = "mqtts://broker.example"\n[outbox]\nsummary_days = 7.5\nalarm_days = 33\n'
    own = settings(tmp_path, DIALECTS, more)
    said = page("en", Facts.of(own))
    assert "`mqtts://broker.example`; whoever its access list lets read it" in said
    assert "summaries 7.5 days, alarms 33" in said
    sparkplug_part = said.split("### Sparkplug")[1].split("###")[0]
    assert "not switched on here" in sparkplug_part
    assert "NBIRTH" not in sparkplug_part
    assert "powerState" in said
    assert "lamp at which somebody passes" not in said
    assert len(DEVICE) > 20


def test_the_word_reads_the_file_and_speaks_its_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings(tmp_path, "")
    file = tmp_path / "node.toml"
    file.write_text(file.read_text().replace('language = "en"', 'language = "fr"\npassages_least = 9'))
    assert main(["privacy", "--config", str(file)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("# Ce qui sort d'un nœud")
    assert "dit à partir de 9 passages" in said
    assert "non activé ici." in said

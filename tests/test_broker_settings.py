"""The broker's part of a node's file: what it may say, what it means, and what is refused with the cure."""

from pathlib import Path

import pytest
from tests.test_settings import GOOD, written

from lampyre.errors import ConfigError
from lampyre.papers import broker_told, files_of
from lampyre.reach import brokers, pacing
from lampyre.settings import Settings, load_settings

PAPERS = 'ca_file = "/c/ca.crt"\ncert_file = "/c/n.crt"\nkey_file = "/c/n.key"\n'
FIRST = f'[broker]\nurl = "mqtts://one.example"\n{PAPERS}'


def read(folder: Path, broker: str) -> Settings:
    return load_settings(written(folder, f"{broker}\n{GOOD}"))


def test_the_fallback_is_shown_the_same_certificates_unless_it_has_its_own(tmp_path: Path) -> None:
    same = read(tmp_path, f'{FIRST}[broker.fallback]\nurl = "mqtts://two.example:8884"')
    first, second = brokers(same)
    assert (second.host, second.port, second.client_id) == ("two.example", 8884, first.client_id)
    assert (second.ca_file, second.cert_file) == (first.ca_file, first.cert_file)
    own = 'cert_file = "/o/n.crt"\nkey_file = "/o/n.key"'
    other = read(tmp_path, f'{FIRST}[broker.fallback]\nurl = "mqtts://two.example"\n{own}')
    assert [str(path) for path in files_of(other)] == ["/c/n.crt", "/c/ca.crt", "/o/n.crt"]


def test_check_names_the_fallback_and_says_where_it_is_not_encrypted(tmp_path: Path) -> None:
    said = list(broker_told(read(tmp_path, f'{FIRST}[broker.fallback]\nurl = "mqtt://127.0.0.1"')))
    assert said[0] == "broker mqtt://127.0.0.1 (plain text, not encrypted), while the first one fails"


@pytest.mark.parametrize(
    ("broker", "why"),
    [
        (f'{FIRST}[broker.fallback]\nurl = "mqtts://one.example:8883"', "that is the first broker"),
        (
            f'{FIRST}[broker.fallback]\nurl = "mqtt://10.0.0.9"\nplain_text_over_the_network = "i-know"',
            "must not get plain text",
        ),
        (f'{FIRST}[broker.fallback]\nurl = "mqtt://10.0.0.9"', "i-know"),
        (f'{FIRST}[broker.fallback]\nurl = "mqtts://two"\ncert_file = "/o/n.crt"', "fallback: mqtts needs ca_file"),
        (f'{FIRST}[broker.fallback]\nca_file = "/o/ca.crt"', "broker.fallback.url: missing"),
        ("[broker]\nkeepalive_s = 4", "broker.keepalive_s"),
        ("[broker]\nkeepalive_s = 301", "broker.keepalive_s"),
        ("[broker]\ndrain_per_s = 0", "broker.drain_per_s"),
        ("[broker]\nfirst_connect_spread_s = -1", "broker.first_connect_spread_s"),
    ],
)
def test_what_would_not_do_is_refused_with_the_cure(tmp_path: Path, broker: str, why: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, broker)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("broker", "spread_s"),
    [("", 0.0), (FIRST, 5.0), (f"{FIRST}first_connect_spread_s = 30", 30.0)],
)
def test_who_shares_a_broker_spreads_its_first_connect(tmp_path: Path, broker: str, spread_s: float) -> None:
    assert pacing(read(tmp_path, broker))["spread_s"] == spread_s

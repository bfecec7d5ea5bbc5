"""What a technician hears of the way to the city: what is not as it should be, and the cure, in both tongues."""

from datetime import timedelta

import pytest
from tests.clocks import EVENING
from tests.console.answers import ANSWERS
from tests.console.test_say import tongue

from lampyre.certificate import Validity
from lampyre.console import say
from lampyre.console.ask import Answer
from lampyre.console.whys import translated
from lampyre.errors import UplinkDown
from lampyre.papers import EVENT, in_words
from lampyre.sync.broker import CURES, Broker, down

BROKER = Broker("127.0.0.1", 1883, "n")
DAY = timedelta(days=1)


def told(language: str, **uplink: object) -> list[str]:
    """Return the lines of `status` about the city."""
    well = ANSWERS["status"]["uplink"]
    assert isinstance(well, dict)
    answer = ANSWERS["status"] | {"uplink": {**well, **uplink}}
    lines = say.status(Answer(answer), tongue("fr" if language == "fr" else "en"))
    return lines[1 : 1 + len(lines) - len(say.status(Answer(ANSWERS["status"]), tongue("en"))) + 1]


def test_where_all_is_well_one_line_is_enough() -> None:
    assert told("en") == ["City: connected to mqtt://127.0.0.1:1883."]


@pytest.mark.parametrize(
    ("uplink", "english", "french"),
    [
        ({"fallback": True}, "its second broker", "son second broker"),
        ({"protocol": "3.1.1"}, "what it refuses is lost", "ce qu'il refuse est perdu"),
        ({"subscriptions_refused": 2}, "does its ACL allow them?", "son ACL les permet-elle ?"),
        ({"certificate_days": 12}, "A certificate ends in 12 days", "Un certificat expire dans 12 jours"),
        ({"certificate_days": -1}, "A CERTIFICATE HAS ENDED", "UN CERTIFICAT A EXPIRÉ"),
        ({"online": False, "down": None}, "NOT connected", "PAS relié"),
    ],
)
def test_what_is_not_as_it_should_be_is_said(uplink: dict[str, object], english: str, french: str) -> None:
    assert any(english in line for line in told("en", **uplink))
    assert any(french in line for line in told("fr", **uplink))


def test_of_a_certificate_that_holds_for_long_nothing_is_said() -> None:
    assert len(told("en", certificate_days=31)) == 1


@pytest.mark.parametrize("word", [word for word, _ in CURES])
def test_every_cure_is_known_in_french(word: str) -> None:
    reason = str(down(BROKER, f"oh: {word}")).removeprefix(f"{BROKER.address}: ")
    assert "; " in reason
    assert translated(reason, "fr").startswith(f"oh: {word} ; "), reason
    assert "{" not in translated(reason, "en")


@pytest.mark.parametrize(
    "said",
    [
        "connection lost",
        "timed out: no answer for 46 s",
        "timed out after 20 s",
        "timed out: no answer to SUBSCRIBE lampyre/v1/a/b/command/#",
        "connection ended: Session taken over",
        "closed the connection before it answered our CONNECT",
    ],
)
def test_what_happens_to_a_session_is_known_in_french(said: str) -> None:
    error: UplinkDown = down(BROKER, said)
    line = told("fr", online=False, down=str(error))[0]
    assert translated(said, "fr") != said
    assert said not in line


@pytest.mark.parametrize("days", [-3, 5])
def test_a_certificates_alarm_is_known_in_french(days: int) -> None:
    held = Validity(EVENING - 300 * DAY, EVENING + days * DAY)
    assert "le renouveler" in translated(f"node.crt: {in_words(held, EVENING)}", "fr")
    assert translated(EVENT, "fr") != EVENT

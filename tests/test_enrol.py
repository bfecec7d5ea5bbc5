"""Enrolment: the key is born on the node, the authority's answer is held against it, and nothing is ever half there."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.clocks import EVENING, HandClock
from tests.sync.test_tls import openssl
from tests.test_settings import GOOD, written

from lampyre import keys
from lampyre.__main__ import main
from lampyre.enrol import Enrolment
from lampyre.errors import ConfigError
from lampyre.identity import BACK_S, TURN_S, Identity, enrolled
from lampyre.reach import brokers
from lampyre.settings import load_settings

NODE = "n01"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A town's authority, and one that is a stranger's."""
    folder = tmp_path / "town"
    folder.mkdir()
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-x509", "-days", "30", "-subj")
    for name in ("ca", "stranger"):
        openssl(folder, *new, f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")
    return folder


def answer(town: Path, request: str, *, by: str = "ca", days: str = "7", about: str = "", subject: str = "") -> bytes:
    """Sign a request as the town does; `about`: extensions, `subject`: another name than was asked for."""
    (town / "request").write_text(request)
    (town / "about").write_text(about or "basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n")
    words = ["x509", "-req", "-in", "request", "-CA", f"{by}.crt", "-CAkey", f"{by}.key", "-CAcreateserial"]
    openssl(
        town, *words, "-days", days, "-out", "answer", "-extfile", "about", *(["-subj", subject] if subject else [])
    )
    return (town / "answer").read_bytes()


def enrolment(folder: Path) -> Enrolment:
    (folder / "state").mkdir(exist_ok=True)
    return Enrolment(folder / "state", "dijon", NODE)


def ca(town: Path) -> bytes:
    return (town / "ca.crt").read_bytes()


def test_the_key_stays_on_the_node_and_its_owners_alone(
    tmp_path: Path, town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = written(tmp_path, GOOD.replace("[node]", f'[node]\nstate_dir = "{tmp_path}/state"'))
    enrolment(tmp_path)
    assert main(["enrol", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    key = tmp_path / "state/tls/next/node.key"
    assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert "BEGIN CERTIFICATE REQUEST" in said
    assert "PRIVATE" not in said
    (tmp_path / "answer.pem").write_bytes(answer(town, said))
    words = ["enrol", "--config", str(config), "--install", str(tmp_path / "answer.pem"), "--ca", str(town / "ca.crt")]
    assert main(words) == 0
    assert main(["enrol", "--config", str(config), "--show"]) == 0
    said = capsys.readouterr().out
    assert f"installed: {NODE}, by ca, until" in said
    assert f"shown to the broker: {NODE}, by ca, until" in said
    private = "".join((tmp_path / "state/tls/now/node.key").read_text().splitlines()[1:-1])
    assert private not in said.replace("\n", "")
    assert not key.exists()


def test_two_nodes_have_nothing_in_common(tmp_path: Path) -> None:
    asked = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        asked.append(enrolment(tmp_path / name).ask())
    made = [(tmp_path / name / "state/tls/next/node.key").read_text() for name in ("a", "b")]
    assert len(set(asked)) == len(set(made)) == 2


def test_a_request_stays_the_same_key_until_it_is_answered(tmp_path: Path, town: Path) -> None:
    node = enrolment(tmp_path)
    node.ask()
    key = (tmp_path / "state/tls/next/node.key").read_bytes()
    node.ask()
    assert (tmp_path / "state/tls/next/node.key").read_bytes() == key
    node.ask(anew=True)
    assert (tmp_path / "state/tls/next/node.key").read_bytes() != key


def test_the_request_names_site_and_node(tmp_path: Path) -> None:
    (tmp_path / "request").write_text(enrolment(tmp_path).ask())
    words = ["openssl", "req", "-in", "request", "-noout", "-subject", "-verify", "-nameopt", "RFC2253"]
    told = subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert f"CN={NODE},O=dijon" in told.stdout


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"by": "stranger"}, "'n01' is not signed by the authority given with --ca"),
        ({"subject": "/O=dijon/CN=n02"}, "its name (CN) is 'n02', and this node is 'n01'"),
        ({"about": "extendedKeyUsage=serverAuth\n"}, "lacks clientAuth"),
        ({"about": "keyUsage=keyEncipherment\n"}, "lacks digitalSignature"),
        ({"about": "basicConstraints=CA:TRUE\n"}, "must not sign others"),
        ({"days": "1"}, "valid from"),
    ],
)
def test_an_answer_that_a_broker_would_refuse_is_not_installed(
    about: dict[str, str], why: str, tmp_path: Path, town: Path
) -> None:
    node = enrolment(tmp_path)
    later = EVENING.now(EVENING.tzinfo) + timedelta(days=3)
    with pytest.raises(ConfigError) as refused:
        node.install(answer(town, node.ask(), **about), ca(town), later)
    assert why in str(refused.value)
    assert not (tmp_path / "state/tls/now").exists()


def test_an_answer_to_somebody_elses_request_or_no_answer_at_all_is_refused(tmp_path: Path, town: Path) -> None:
    (tmp_path / "other").mkdir()
    other = enrolment(tmp_path / "other").ask()
    node = enrolment(tmp_path)
    node.ask()
    for text, why in ((answer(town, other), "another key"), (b"-----", "no certificate"), (b"\xff", "no certificate")):
        with pytest.raises(ConfigError, match=why):
            node.install(text, ca(town), None)
    with pytest.raises(ConfigError, match="--ca is missing"):
        node.install(answer(town, node.ask()), None, None)
    with pytest.raises(ConfigError, match="among the authorities is none"):
        node.install(answer(town, node.ask()), answer(town, node.ask()), None)


def test_without_a_clock_dates_are_not_judged(tmp_path: Path, town: Path) -> None:
    node = enrolment(tmp_path)
    assert node.install(answer(town, node.ask()), ca(town), None).startswith("n01, by ca")


def shown(tmp_path: Path) -> bytes:
    """What the node would show its broker now."""
    return enrolled(tmp_path / "state")["cert_file"].read_bytes()


def rotated(tmp_path: Path, town: Path) -> tuple[Identity, HandClock, list[bytes]]:
    """A node that has a certificate which works and one that is new."""
    node, clock = enrolment(tmp_path), HandClock()
    made = [answer(town, node.ask(anew=True)) for _ in range(1)]
    node.install(made[0], ca(town), None)
    identity = Identity(tmp_path / "state", clock)
    identity.open()
    made.append(answer(town, node.ask()))
    node.install(made[1], None, None)
    return identity, clock, made


async def test_a_new_certificate_is_shown_at_the_next_connect_and_the_old_one_goes_when_it_is_taken(
    tmp_path: Path, town: Path
) -> None:
    identity, _, (_, new) = rotated(tmp_path, town)
    assert shown(tmp_path) == new
    await identity.begin(None)
    assert not (tmp_path / "state/tls/before").exists()
    identity.end()
    identity.end()  # an outage: there is nothing to go back to
    assert shown(tmp_path) == new


async def test_a_refused_certificate_gives_way_to_the_old_one_for_an_hour(tmp_path: Path, town: Path) -> None:
    identity, clock, (old, new) = rotated(tmp_path, town)
    identity.end()
    assert shown(tmp_path) == old
    await identity.begin(None)
    assert (identity.refused, identity.due()) == (1, None)
    clock.pass_s(BACK_S)
    assert identity.due() == "the new certificate is tried again"
    identity.end()
    assert shown(tmp_path) == new
    clock.pass_s(TURN_S)
    identity.end()
    assert shown(tmp_path) == old, "and back, if it is refused again"


async def test_a_running_agent_notices_what_is_installed(tmp_path: Path, town: Path) -> None:
    identity, _, _ = rotated(tmp_path, town)
    await identity.begin(None)
    assert identity.due() == "there is a new certificate", "installed after the link was made"
    assert identity.due() is None


def test_what_no_broker_has_taken_is_not_kept_in_place_of_what_one_took(tmp_path: Path, town: Path) -> None:
    _, _, (old, _) = rotated(tmp_path, town)
    node = enrolment(tmp_path)
    third = answer(town, node.ask())
    node.install(third, None, None)
    tls = tmp_path / "state/tls"
    assert [(tls / name / "node.crt").read_bytes() for name in ("now", "before")] == [third, old]


STEPS = """
import os, sys
from pathlib import Path
from lampyre.enrol import Enrolment
state, answer, ca, step = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
left = step
def cut(name):
    real = getattr(os, name)
    def call(*words, **more):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return real(*words, **more)
    setattr(os, name, call)
for name in ("rename", "replace", "fsync", "unlink", "mkdir", "rmdir", "open"):
    cut(name)
Enrolment(state, "dijon", "n01").install(answer.read_bytes(), ca.read_bytes(), None)
"""


def test_wherever_the_installing_is_cut_off_a_whole_pair_is_shown_and_doing_it_again_ends_it(
    tmp_path: Path, town: Path
) -> None:
    import shutil

    _, _, (old, new) = rotated(tmp_path, town)
    identity = Identity(tmp_path / "state", HandClock())
    node = enrolment(tmp_path)
    (town / "third").write_bytes(answer(town, node.ask()))
    shutil.copytree(tmp_path / "state", tmp_path / "saved", symlinks=True)
    words = [sys.executable, "-c", STEPS, str(tmp_path / "state"), str(town / "third"), str(town / "ca.crt")]
    for step in range(0, 200, 3):
        shutil.rmtree(tmp_path / "state")
        shutil.copytree(tmp_path / "saved", tmp_path / "state", symlinks=True)
        ended = subprocess.run([*words, str(step)], check=False, capture_output=True, text=True)
        assert ended.returncode in {0, 9}, ended.stderr
        identity.open()
        files = enrolled(tmp_path / "state")
        assert keys.fits(files["key_file"].read_bytes(), shown(tmp_path))
        assert shown(tmp_path) in {old, new, (town / "third").read_bytes()}
        assert files["ca_file"].read_bytes() == ca(town)
        node.install((town / "third").read_bytes(), ca(town), None)
        identity.open()
        assert shown(tmp_path) == (town / "third").read_bytes()
        if ended.returncode == 0:
            break
    else:
        pytest.fail("it never came to its end")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for another")
def test_what_root_installs_belongs_to_the_service(tmp_path: Path, town: Path) -> None:
    node = enrolment(tmp_path)
    os.chown(tmp_path / "state", 1234, 1234)
    node.install(answer(town, node.ask()), ca(town), None)
    assert {path.stat().st_uid for path in (tmp_path / "state").rglob("*")} == {1234}


def test_a_key_may_be_handed_over_by_systemd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = 'url = "mqtts://city"\nca_file = "/ca.crt"\ncert_file = "/node.crt"\nkey_file = "credential:broker-key"\n'
    settings = load_settings(written(tmp_path, f"{GOOD}\n[broker]\n{lines}"))
    assert brokers(settings)[0].key_file == Path("/run/credentials/lampyre.service/broker-key")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/elsewhere")
    assert brokers(settings)[0].key_file == Path("/run/elsewhere/broker-key")
    assert brokers(settings)[0].cert_file == Path("/node.crt")


def test_without_certificates_in_the_file_those_that_were_installed_are_shown(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, f'{GOOD}\n[broker]\nurl = "mqtts://city"\n'))
    use = Path("/var/lib/lampyre/tls/use")
    broker = brokers(settings)[0]
    assert (broker.ca_file, broker.cert_file, broker.key_file) == (use / "ca.crt", use / "node.crt", use / "node.key")

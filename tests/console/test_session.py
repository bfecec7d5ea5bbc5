"""The console over a real PTY and a real socket, against the door with recorded answers."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from tests.console.room import KEPT, PIN, opened, pseudo_terminal, short_folder

from lampyre.console.main import SESSIONS_MOST


async def test_on_a_serial_line_status_is_typed_byte_by_byte_echoed_and_answered() -> None:
    with pseudo_terminal() as (keys, port):
        async with opened(serial=f"{port}?baud=9600"):
            await keys.type("\r")
            assert "Lampyre console, dijon-parc/kerb-7" in await keys.until(r"\n> $")
            shown = await keys.ask("status")
    assert shown.startswith("status\r\n")
    assert "lamp-1 42 %: nobody is here." in shown
    assert "ALARM since 17:20: bin-1, bin full, 84 % full." in shown
    assert all(len(line) <= 80 for line in shown.split("\r\n"))


async def test_nothing_is_said_on_a_serial_line_before_the_first_key() -> None:
    with pseudo_terminal() as (keys, port):
        async with opened(serial=port) as (room, _):
            async with room.technician() as other:  # whatever happens meanwhile
                await other.ask("status", "ALARM")
            await keys.type("\r")
            assert (await keys.until(r"\n> ")).startswith("Lampyre console")


async def test_french_is_spoken_where_the_node_is_french_and_english_words_work_too() -> None:
    async with opened(language="fr") as (room, _), room.technician() as technician:
        assert "Les mots : aide." in await technician.until("aide")
        why = await technician.ask("pourquoi lampe-1", "Pas de")
        assert "il y a : lamp-1, lamp-2, bin-1" in why
        await technician.ask("why 1", "Pas de")  # lamp-1 or bin-1
        why = await technician.ask("pourquoi lamp-1", "change.")
        assert " ".join(why.split()) == (
            "lamp-1 est à 42 % et va à 80 % en 1 s car quelqu'un est passé ; la lumière est tenue 90 s par "
            "activity_v1 : un autre passage est probable. C'est la présence qui décide, échelon 4 sur 8 ; rien "
            "au-dessus ne demande rien. Il fait nuit pour elle : le soleil est à plus de 6 degrés sous l'horizon. Elle "
            "voit : présence personne, lumière 3,2 lx (périmée, vieille de 0 s). activity_v1 1.0.0 prévoit 3,2 "
            "passages dans les 15 min, entre 1 et 6. activity_v1 1.0.0 parle : ces dernières semaines, activity_v1 "
            "1.0.0 s'est trompé de 31 % de moins que la règle. 78 % de ce qui est venu était entre ses deux limites ; "
            "80 % devrait l'être. Le gardien n'a rien corrigé. "
            "Ainsi depuis 19:02, jusqu'à ce que quelque chose change."
        )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("état", "City: connected"),
        ("sens", "r1 (maxbotix): DOWN"),
        ("sensors b1", "presence somebody"),
        ("lamp", "lamp-2 32 %"),
        ("lamp 2", "Board b1 is heard."),
        ("bin", "bin-1 84 %"),
        ("bac bin-1", "Sensor b1.distance"),
        ("why", "bin-1 84 %"),
        ("why bin-1", "says fill_v1 1.0.0"),
        ("outbox", "Nothing parked"),
        ("?", "--json"),
        ("help lamp", "lamp LAMP 40 for 10m"),
        ("l", "could be lamp, lampe, language, langue"),
        ("lamp lamp-9", "there are: lamp-1, lamp-2"),
        ("dance", "No word dance"),
        ("bye", "Goodbye."),
    ],
)
async def test_each_word_is_answered(typed: str, said: str) -> None:
    async with opened() as (room, _), room.technician() as technician:
        await technician.until("Words")
        shown = await technician.ask(typed, said)
    assert all(len(line) <= 80 for line in shown.splitlines())


async def test_json_gives_the_agents_own_answer_and_refusals_too() -> None:
    async with opened() as (room, _), room.technician() as technician:
        await technician.until("Words")
        for word in ("status", "sensors", "outbox"):
            assert json.loads(await technician.ask(f"{word} --json", "}")) == room.canned.answers[word]
        assert json.loads(await technician.ask("--json lamp lamp-1", "}")) == room.canned.answers["lamp"]
        assert json.loads(await technician.ask("bin bin-7 --json", "}"))["ok"] is False
        assert json.loads(await technician.ask("lamp lamp-1 40 for 10m --json", "}"))["ok"] is False


async def test_a_lamp_is_set_only_after_the_pin() -> None:
    async with opened() as (room, _), room.technician() as technician:
        await technician.until("Words")
        await technician.ask("lamp lamp-1 40 for 10m", "needs the PIN")
        await technician.ask("lamp lamp-1 auto", "needs the PIN")
        assert room.canned.settings == []
        await technician.ask(f"pin {PIN}", "Right.")
        shown = await technician.ask("lamp lamp-1 40 for 10m", "ends it sooner")
        assert "lamp-1 at 40 % for 10 min, until 19:40" in shown
        await technician.ask("lampe 1 auto", "its own rules")
    assert room.canned.settings == [
        {"ask": "override", "id": "lamp-1", "level": 0.4, "for_s": 600.0, "by": "technician"},
        {"ask": "resume", "id": "lamp-1"},
    ]


async def test_a_group_and_all_lamps_are_set_in_one_line() -> None:
    async with opened() as (room, _), room.technician() as technician:
        room.canned.answers["status"]["groups"] = [{"id": "centre", "lamps": ["lamp-1", "lamp-2"]}]
        room.canned.answers["override"]["lamps"] = room.canned.answers["resume"]["lamps"] = ["lamp-1", "lamp-2"]
        await technician.ask(f"pin {PIN}", "Right.")
        shown = await technician.ask("lamp cent 40 for 10m", "ends it sooner")
        assert "2 lamps at 40 % for 10 min" in shown
        assert "lamp-1, lamp-2" in shown
        await technician.ask("lampe toutes auto", "2 lamps follow their own rules")
        await technician.ask("lamp park auto", "No lamp park; there are: lamp-1, lamp-2, centre")
    assert [(one["ask"], one["id"]) for one in room.canned.settings] == [("override", "centre"), ("resume", "*")]


async def test_without_a_configured_pin_nothing_can_be_set_and_the_cure_is_told() -> None:
    async with opened(pin=None) as (room, _), room.technician() as technician:
        await technician.ask("lamp lamp-1 40 for 10m", "lampyre pin")
        await technician.ask("pin 1234", "lampyre pin")
        assert room.canned.settings == []


async def test_a_pin_typed_on_a_serial_line_is_never_shown() -> None:
    with pseudo_terminal() as (keys, port):
        async with opened(serial=port):
            await keys.type("\r")
            await keys.until(r"\n> ")
            shown = await keys.ask(f"pin {PIN}")
            await keys.type(f"pin\r{PIN}\r")  # typed ahead
            shown += await keys.until("Right.")
    assert PIN not in shown
    assert "******" in shown


async def test_a_session_locks_again_when_nothing_is_typed_for_ten_minutes() -> None:
    async with opened() as (room, _), room.technician() as technician:
        await technician.ask(f"pin {PIN}", "Right.")
        room.clock.move(599.0)
        await technician.ask("lamp lamp-1 40 for 10m", "sooner")
        room.clock.move(601.0)
        await technician.ask("lamp lamp-1 50 for 10m", "needs the PIN")
        assert len(room.canned.settings) == 1


async def test_wrong_pins_lock_all_sessions_and_every_one_is_in_the_audit(caplog: pytest.LogCaptureFixture) -> None:
    async with opened() as (room, _), room.technician() as first, room.technician() as second:
        for _ in range(4):
            await first.ask("pin 0000", "Wrong PIN.")
        await second.ask("pin 1111", "looked at for 5 min")
        await first.ask(f"pin {PIN}", "looked at for 5 min")  # the right one is not even looked at
        room.clock.move(301.0)
        await first.ask(f"pin {PIN}", "Right.")
        await first.ask("lamp lamp-2 0 for 1h", "sooner")
    audit = [record.getMessage() for record in caplog.records if record.name == "lampyre.console.audit"]
    assert sum("wrong PIN" in line for line in audit) == 5
    assert any("lamp-2 to 0.0% for 3600 s: done" in line for line in audit)
    assert not any(PIN in line or "0000" in line for line in audit)


async def test_one_unlocked_session_unlocks_no_other() -> None:
    async with opened() as (room, _), room.technician() as first, room.technician() as second:
        await first.ask(f"pin {PIN}", "Right.")
        await second.ask("lamp lamp-1 40 for 10m", "needs the PIN")


async def test_two_sessions_at_once_each_in_its_language() -> None:
    async with opened() as (room, _), room.technician() as first, room.technician() as second:
        await first.ask("langue fr", "Français.")
        both = await asyncio.gather(first.ask("envois", "Rien"), second.ask("outbox", "Nothing"))
    assert "En attente" in both[0]
    assert "Waiting" in both[1]


async def test_the_ninth_session_is_told_that_there_are_eight() -> None:
    async with opened() as (room, _), AsyncExitStack() as stack:
        for _ in range(SESSIONS_MOST):
            technician = await stack.enter_async_context(room.technician())
            await technician.until("Words")
        async with room.technician() as ninth:
            assert "8 sessions are open" in await ninth.gone()


async def test_while_the_agent_is_away_each_word_says_so_with_the_cure_and_then_it_is_back() -> None:
    async with opened(agent=False) as (room, group), room.technician() as technician:
        for word in ("status", "why", "lamp lamp-1", "outbox", "sensors"):
            shown = await technician.ask(word, "systemctl start lampyre")
            assert "the agent is not running" in shown
        await technician.ask("language fr", "Français.")
        await technician.ask("etat", "remède")
        await technician.ask("aide", "--json")
        await room.agent_comes(group)
        await technician.ask("etat", "ALARME")
        await room.agent_goes()
        await technician.ask("etat", "remède")


async def test_plain_french_has_no_accents() -> None:
    async with opened() as (room, _), room.technician() as technician:
        await technician.until("Words")
        shown = await technician.ask("langue fr simple", "Francais.")
        shown += await technician.ask("etat", "ALARME")
        shown += await technician.ask("aide", "--json")
    assert shown.isascii()


async def test_what_the_agent_says_cannot_steer_the_terminal() -> None:
    async with opened() as (room, _), room.technician() as technician:
        await technician.until("Words")
        room.canned.answers["why"]["why"] = "\x1b[2J\x1b]0;gotcha\x07\u202edark\r\nlamp-1 is off"
        shown = await technician.ask("why lamp-1", "changes.")
        raw = await technician.ask("why lamp-1 --json", "}")
    assert all(letter.isprintable() or letter == "\n" for letter in shown + raw)


async def test_a_line_too_long_is_not_read_and_the_session_goes_on() -> None:
    with pseudo_terminal() as (keys, port):
        async with opened(serial=f"{port}?baud=115200"):
            await keys.type("\r")
            await keys.until(r"\n> ")
            shown = await keys.ask("s" * 500)
            assert "longer than 200 characters" in shown
            assert "s" * 201 not in shown
            assert "84 % full" in await keys.ask("status")


async def test_a_serial_line_that_goes_away_is_served_again_when_it_is_back_and_is_locked_then() -> None:
    with short_folder() as folder:
        port = folder / "tty"
        with pseudo_terminal() as (keys, first):
            port.symlink_to(first)
            async with opened(serial=str(port)) as (room, _):
                await keys.wake()
                await keys.type(f"pin {PIN}\r")
                await keys.until("Right.")
                keys.hang_up()
                port.unlink()
                with pseudo_terminal() as (others, second):
                    port.symlink_to(second)
                    await others.wake()
                    await others.type("lamp lamp-1 40 for 10m\r")
                    await others.until("needs the PIN")
                assert room.canned.settings == []


async def test_echo_can_be_switched_off_for_scripts() -> None:
    with pseudo_terminal() as (keys, port):
        async with opened(serial=port):
            await keys.type("\r")
            await keys.until(r"\n> ")
            await keys.type("echo off\r")
            await keys.until("not echoed.\r\n")
            await keys.type("outbox\r")
            assert (await keys.until("Nothing parked")).startswith("Waiting")


async def test_bye_ends_one_serial_session_and_the_next_begins_locked_and_in_the_nodes_language() -> None:
    with pseudo_terminal() as (keys, port):
        async with opened(serial=port):
            await keys.type("\r")
            await keys.until(r"\n> ")
            await keys.ask(f"pin {PIN}")
            await keys.ask("language fr")
            await keys.type("au-revoir\r")
            await keys.until("Au revoir.")
            await keys.type("lamp lamp-1 40 for 10m\r")
            assert "Lampyre console" in await keys.until("needs the PIN")


def test_the_kept_pin_fits_the_settings() -> None:
    assert KEPT.startswith("scrypt$")

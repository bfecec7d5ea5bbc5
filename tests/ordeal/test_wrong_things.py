"""What is wrong is told in one line with file, key or port and the cure; the agent goes on where it can."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.brokers import Mosquitto, free_port
from tests.ordeal.kerb import DEADLINE_S, Kerb

import lampyre_models
from lampyre.sync.outbox import Outbox
from lampyre_sim.board import BoardProcess

LIGHT: dict[str, Any] = {"presence": False, "lux": 5000.0, "distance": 0.7, "temperature": 12.0, "power": 15.0}


def lampyre(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "lampyre", *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("word", ["run --config", "check"])
def test_a_config_that_cannot_be_run_is_one_line_and_exit_code_2(word: str, tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(
        '[node]\nsite = "a"\nid = "b"\nlatitude = 1.0\nlongitude = 2.0\nlamps = 3\n[[board]]\nkind = "maxbotix"\nlink = "serial:///dev/x"\n'
    )
    done = lampyre(*word.split(), str(path))
    assert done.returncode == 2
    assert all(line.startswith(f"lampyre: {path}: ") for line in done.stderr.strip().splitlines())
    assert "board.0.id: missing; it must be given" in done.stderr
    assert "node.lamps: no such key" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_state_folder_that_cannot_be_used_is_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "node.toml"
    path.write_text(
        f'[node]\nsite = "a"\nid = "b"\nlatitude = 1.0\nlongitude = 2.0\nstate_dir = "{tmp_path}/file/state"\n'
        '[[board]]\nid = "b1"\nkind = "lamp_bin_pico"\nlink = "serial:///dev/null0"\n'
    )
    done = lampyre("run", "--config", str(path))
    assert done.returncode == 2
    assert f"{tmp_path}/file/state" in done.stderr
    assert "Traceback" not in done.stderr


async def test_an_outbox_that_cannot_be_opened_now_is_exit_code_1_so_that_systemd_tries_again(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(
        f'[node]\nsite = "a"\nid = "b"\nlatitude = 1.0\nlongitude = 2.0\nstate_dir = "{tmp_path}"\n'
        f'runtime_dir = "{tmp_path}"\n[[board]]\nid = "b1"\nkind = "lamp_bin_pico"\nlink = "serial:///dev/null0"\n'
    )
    held = await Outbox.open(tmp_path / "outbox.db")  # as by an agent that is just ending
    done = await asyncio.to_thread(lampyre, "run", "--config", str(path))
    await held.close()
    assert done.returncode == 1
    assert f"{tmp_path}/outbox.db: another process holds it" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_of_our_name_where_somebody_stands_is_none_of_our_code(tmp_path: Path) -> None:
    (tmp_path / "lampyre").mkdir()
    (tmp_path / "lampyre" / "__init__.py").write_text("raise SystemExit('not ours')")
    program = Path(sys.executable).with_name("lampyre")
    words = [str(program), "run", "--config", "none.toml"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, "none.toml: No such file" in done.stderr) == (2, True)


async def test_without_broker_with_a_wrong_port_and_a_damaged_model_the_lamp_still_does_its_duty(
    tmp_path: Path,
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(lampyre_models.folder("activity_v1"), broken)
    content = bytearray((broken / "model.tflite").read_bytes())
    content[len(content) // 2] ^= 1
    (broken / "model.tflite").write_bytes(content)
    port = free_port()
    async with asyncio.timeout(DEADLINE_S), BoardProcess(link=tmp_path / "tty-b1", **LIGHT) as board:
        boards = {"b1": board.tty, "b2": str(tmp_path / "ttyUSB9")}
        async with Kerb(tmp_path / "kerb", port, boards, models=f'[models]\nactivity = "{broken}"') as kerb:
            await kerb.start()
            await board.wait_level(0.31, 0.33)
            await board.set(presence=True)
            await board.wait_level(0.79, 0.81)
            while "not tried" in (status := await kerb.ask(ask="status"))["uplink"]["down"]:
                await asyncio.sleep(0.02)
            assert status["uplink"]["online"] is False
            assert "is the broker running" in status["uplink"]["down"]
            assert "sha256" in status["models"]["activity"]
            log = kerb.log
            assert f"{tmp_path}/ttyUSB9: no such port; is the adapter plugged in?" in log
            assert "the rule decides" in log
            assert log.count("ttyUSB9: no such port") == 1, "told once, not at every try"
            assert await kerb.stop() == 0


async def test_a_broker_that_comes_late_is_found(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "mosquitto")
    boards = {"b1": str(tmp_path / "ttyUSB9")}
    async with asyncio.timeout(DEADLINE_S), Kerb(tmp_path / "kerb", broker.port, boards) as kerb:
        await kerb.start()
        with broker:
            while not (await kerb.ask(ask="status"))["uplink"]["online"]:
                await asyncio.sleep(0)
            assert await kerb.stop() == 0

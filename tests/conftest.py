"""Fixtures for all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.brokers import Mosquitto


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a running broker that anybody may use."""
    with Mosquitto(tmp_path / "mosquitto") as broker:
        yield broker

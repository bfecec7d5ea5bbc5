"""Fixtures for all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.brokers import Mosquitto

# how long an example takes is the machine's affair: what must be fast is measured in tests/bench
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a running broker that anybody may use."""
    with Mosquitto(tmp_path / "mosquitto") as broker:
        yield broker

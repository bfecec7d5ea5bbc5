"""What `lampyre check` says of a file, line by line, and what it refuses."""

from pathlib import Path

import pytest
from tests.test_settings import GOOD, written

from lampyre.check import explain
from lampyre.errors import ConfigError
from lampyre.settings import load_settings

BY_RULE = "\n[models]\nactivity = 'none'\nfill = 'none'\n"


def said(folder: Path, country: str) -> list[str]:
    text = GOOD.replace("[node]", f"[node]\n{country}") + BY_RULE
    return list(explain(load_settings(written(folder, text))))


@pytest.mark.parametrize(
    ("country", "line"),
    [
        ('country = "FR"', "public holidays of FR"),
        ('country = "DE-NW"', "public holidays of DE-NW"),
        ("", "no country: the forecasts know no public holidays"),
    ],
)
def test_whose_holidays_are_known_is_said(tmp_path: Path, country: str, line: str) -> None:
    assert line in said(tmp_path, country)


@pytest.mark.parametrize("country", ["XX", "France", "DE-", "fr"])
def test_a_country_that_nobody_knows_is_refused_with_those_there_are(tmp_path: Path, country: str) -> None:
    with pytest.raises(ConfigError, match=r"node\.country: no holidays are known for .* FR, .* leave it out"):
        said(tmp_path, f'country = "{country}"')

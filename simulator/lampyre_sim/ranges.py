"""Numbers and dates on the command line, each in its range; argparse shows the message."""

from argparse import ArgumentTypeError
from datetime import date


class Whole:
    """A whole number in a range."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def __call__(self, text: str) -> int:
        """Return the number; ArgumentTypeError for anything else."""
        if not text.isdigit() or not self._least <= int(text) <= self._most:
            raise ArgumentTypeError(f"{text!r}: give a whole number from {self._least} to {self._most}")
        return int(text)


class Number:
    """A number in a range."""

    def __init__(self, least: float, most: float) -> None:
        self._least, self._most = least, most

    def __call__(self, text: str) -> float:
        """Return the number; ArgumentTypeError for anything else."""
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not self._least <= number <= self._most:
            raise ArgumentTypeError(f"{text!r}: give a number from {self._least:g} to {self._most:g}")
        return number


def a_day(text: str) -> date:
    """Return a date; ArgumentTypeError for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r}: give a date such as 2025-03-01") from None

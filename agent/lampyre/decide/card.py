"""A model's card: what goes in, what comes out, what the file must be; read strictly from card.toml."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lampyre.errors import ModelRejected

SCALES = ("linear", "square", "level-square", "from-base", "logistic")  # see Output
INFORMATION = ("about", "training", "origins", "metrics")  # for people; the node needs nothing of it
INPUTS_MOST = 512  # what a node computes for one forecast is far below
OUTPUTS_MOST = 16
CARD_SIZE_MOST = 100_000  # bytes; the metrics are most of a card


@dataclass(frozen=True, slots=True)
class Input:
    """One number that goes in, with its unit; `low`..`high` is laid over the whole int8 range."""

    name: str
    unit: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Output:
    """One quantity that comes out: p10, p50, p90 for each horizon, one after the other; a `logistic` one: its chance.

    `scale` says what the net's number x stands for: `linear` factor * x, `square` factor * x²,
    `level-square` factor * x² times the site's level, which is expm1 of the input `level_log`,
    `from-base` the input `base` + factor * x * |x| (fine steps where little changes), `logistic` the chance
    1 / (1 + exp(-factor * x)) of an event within each horizon, which is to be expected from `expected_from` on.
    Results are cut to `low`..`high` (in the unit).
    """

    of: str
    unit: str
    horizons_s: tuple[float, ...]
    scale: str
    factor: float
    base: str  # name of an input, empty unless `from-base`
    low: float
    high: float
    expected_from: tuple[float, ...] = ()  # a chance for each horizon if `logistic`, else empty

    @property
    def numbers(self) -> int:
        """How many of the net's numbers it takes."""
        return len(self.horizons_s) * (1 if self.scale == "logistic" else 3)


@dataclass(frozen=True, slots=True)
class Tensor:
    """One int8 tensor: value = scale * (number - zero_point)."""

    shape: tuple[int, ...]
    scale: float
    zero_point: int


@dataclass(frozen=True, slots=True)
class Card:
    """All of card.toml that a node holds the model to."""

    name: str
    version: str
    size: int  # bytes of model.tflite
    sha256: str
    tolerance: int  # counts of int8 by which kernels (XNNPACK, reference) may differ on the vectors
    input: Tensor
    output: Tensor
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs' names in order."""
        return tuple(one.name for one in self.inputs)


def read_card(path: Path) -> Card:
    """Return the card; raise ModelRejected naming file, key and cure."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ModelRejected(f"{path}: cannot be read ({error.strerror}); copy the whole bundle again") from error
    if len(raw) > CARD_SIZE_MOST:
        raise ModelRejected(f"{path}: {len(raw)} bytes, at most {CARD_SIZE_MOST}; leave out some metrics")
    try:
        table = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelRejected(f"{path}: not TOML ({error}); copy the whole bundle again") from error
    return _Table(path, "", table).card()


class _Table:
    """One table of the card, taken apart key by key; what is left at the end is refused."""

    def __init__(self, path: Path, where: str, table: object) -> None:
        self.path, self.where = path, where
        if not isinstance(table, Mapping):
            raise self.wrong("", "is not a table")
        self.left: dict[str, Any] = dict(table)

    def wrong(self, key: str, what: str) -> ModelRejected:
        name = f"{self.where}{'.' if self.where and key else ''}{key}"
        return ModelRejected(f"{self.path}: {name} {what}; make the bundle anew from models/training")

    def take(self, key: str, kind: type) -> Any:
        """Return a value of exactly this kind and tick it off."""
        if key not in self.left:
            raise self.wrong(key, "is missing")
        value: Any = self.left.pop(key)
        if kind is float and type(value) is int:
            value = float(value)
        if (
            not isinstance(value, kind)
            or isinstance(value, bool)
            or (isinstance(value, float) and not math.isfinite(value))
        ):
            raise self.wrong(key, f"is {value!r}, not a {kind.__name__}")
        return value

    def tables(self, key: str, most: int) -> list["_Table"]:
        rows = self.take(key, list)
        if not 1 <= len(rows) <= most:
            raise self.wrong(key, f"has {len(rows)} entries, not 1 to {most}")
        return [_Table(self.path, f"{key}[{k}]", row) for k, row in enumerate(rows)]

    def floats(self, key: str) -> tuple[float, ...]:
        row = self.take(key, list)
        if not row or not all(type(one) in {int, float} and math.isfinite(one) for one in row):
            raise self.wrong(key, f"is {row!r}, not a list of numbers")
        return tuple(float(one) for one in row)

    def nothing(self) -> tuple[float, ...]:
        """Tick off `expected_from` where there is none: left out, or an empty list."""
        found = self.left.pop("expected_from", [])
        if found != []:
            raise self.wrong("expected_from", f"is {found!r}, not a list of numbers")
        return ()

    def check_chances(self, output: Output) -> None:
        wanted = len(output.horizons_s) if output.scale == "logistic" else 0
        if len(output.expected_from) != wanted:
            raise self.wrong("expected_from", f"has {len(output.expected_from)} chances, {output.scale} takes {wanted}")
        if not all(0 < chance < 1 for chance in output.expected_from):
            raise self.wrong("expected_from", f"is {list(output.expected_from)}, not between 0 and 1")
        if wanted and (output.low, output.high) != (0.0, 1.0):
            raise self.wrong("low", "and high of chances are not 0 and 1")

    def done(self) -> None:
        for key in self.left:
            raise self.wrong(key, "is not known")

    def card(self) -> Card:
        for key in INFORMATION:
            self.left.pop(key, None)
        card = Card(
            name=self.take("name", str),
            version=self.take("version", str),
            size=self.take("size", int),
            sha256=self.take("sha256", str),
            tolerance=self.take("tolerance", int),
            input=_Table(self.path, "input", self.take("input", dict)).tensor(),
            output=_Table(self.path, "output", self.take("output", dict)).tensor(),
            inputs=tuple(row.one_input() for row in self.tables("inputs", INPUTS_MOST)),
            outputs=tuple(row.one_output() for row in self.tables("outputs", OUTPUTS_MOST)),
        )
        self.done()
        self.check(card)
        return card

    def check(self, card: Card) -> None:
        """Refuse a card whose parts do not fit together."""
        if card.input.shape != (1, len(card.inputs)):
            raise self.wrong("input.shape", f"is {card.input.shape} for {len(card.inputs)} inputs")
        numbers = sum(one.numbers for one in card.outputs)
        if card.output.shape != (1, numbers):
            raise self.wrong("output.shape", f"is {card.output.shape} for {numbers} quantiles and chances")
        if len(set(card.names)) != len(card.names):
            raise self.wrong("inputs", "has a name twice")
        if not 0 <= card.tolerance <= 8:
            raise self.wrong("tolerance", f"is {card.tolerance}, not 0 to 8 counts")
        for one in card.outputs:
            wanted = {"level-square": "level_log", "from-base": one.base}.get(one.scale)
            if wanted is not None and wanted not in card.names:
                raise self.wrong("outputs", f"has scale {one.scale} without an input {wanted!r}")

    def tensor(self) -> Tensor:
        shape = tuple(int(one) for one in self.floats("shape"))
        found = Tensor(shape, self.take("scale", float), self.take("zero_point", int))
        self.done()
        if found.scale <= 0 or not -128 <= found.zero_point <= 127:
            raise self.wrong("scale", "or zero_point is out of range")
        return found

    def one_input(self) -> Input:
        found = Input(self.take("name", str), self.take("unit", str), self.take("low", float), self.take("high", float))
        self.done()
        if found.low >= found.high:
            raise self.wrong("low", "is not below high")
        return found

    def one_output(self) -> Output:
        found = Output(
            of=self.take("of", str),
            unit=self.take("unit", str),
            horizons_s=self.floats("horizons_s"),
            scale=self.take("scale", str),
            factor=self.take("factor", float),
            base=self.take("base", str),
            low=self.take("low", float),
            high=self.take("high", float),
            expected_from=self.floats("expected_from") if self.left.get("expected_from") else self.nothing(),
        )
        self.done()
        if found.scale not in SCALES:
            raise self.wrong("scale", f"is {found.scale!r}, not one of {', '.join(SCALES)}")
        self.check_chances(found)
        if found.low >= found.high:
            raise self.wrong("low", "is not below high")
        return found

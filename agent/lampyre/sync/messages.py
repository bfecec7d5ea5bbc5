"""The messages: what is published, as models from which the documents are made; what is obeyed stands in orders."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from lampyre.records import Cause, Fine
from lampyre.sync.coming import Coming
from lampyre.sync.orders import KINDS, CommandId, Configuration
from lampyre.sync.parts import Budget, Collect, Count, Emptying, Id, ObservedFill, Partly, Percent, Ratio, Strict, Text
from lampyre.sync.topics import ROOT, ROW_ROOT, TABLE
from lampyre.sync.uplink_parts import UplinkHealth

NOT_REPLAYED, REPLAYED = b'"historical":false}', b'"historical":true}'

Wh = Annotated[float, Field(ge=0)]


class Quantiles(Strict):
    """A forecast number: one in ten falls below p10, one in two below p50, nine in ten below p90."""

    p10: float
    p50: float
    p90: float


class Record(Strict):
    """What every published message says about itself; (node, seq) is unique, for states (node, boot, seq)."""

    site: Id
    node: Id
    seq: Count
    time: AwareDatetime
    time_quality: Literal["ntp", "rtc", "gnss", "unsynced"] = Field(
        description="rtc: also carried by the node's own count of seconds, or dated when the clock was set"
    )
    quality: Literal["good", "suspect", "stale", "missing"]


class State(Record):
    """A retained message: the newest of its topic is the whole truth."""

    boot: Count


class Kept(Record):
    """A message that waits in the outbox until the broker has it. `historical` stands last, see `replayed`."""


class LampState(State):
    """What a lamp was told, and why."""

    lamp: Id
    target_level: Percent = Field(description="percent of nominal luminous flux")
    wanted_level: Percent | None = Field(description="what was wanted before limits; null: no opinion")
    ramp_s: float = Field(ge=0, description="seconds until it is there; 0 where a passer was the cause: nobody's steps")
    valid_s: float = Field(ge=0, description="seconds after which the board goes its own safe way")
    cause: Cause
    fine_cause: Fine = Field(description="who decides: the rung of the ladder, finer than TALQ's cause")
    why: Text
    clamps: list[Text]
    night: bool
    night_why: Text
    historical: bool = False


class FullWithin(Strict):
    """How likely a bin is 80 % full within these hours, before anybody empties it."""

    h12: Ratio
    h24: Ratio
    expected_h12: bool = Field(description="the chance is above what told best on the recorded containers")
    expected_h24: bool


class BinState(State):
    """What is believed of a bin."""

    bin: Id
    fill: Ratio | None
    fill_rate: float | None = Field(description="ratio per day")
    status: Literal["ok", "lidOpen", "dropped", "moved", "vandalized", "burning", "unknown"]
    why: Text
    full_threshold: Ratio = Field(description="full_at of the file (FIWARE binFullnessThreshold, there in percent)")
    hours_to_full: Quantiles | None = Field(description="hours until full_threshold if nobody empties it")
    reliability: Ratio = Field(description="of the forecast, by its scores on this bin; 0.5 until a week is scored")
    full_within: FullWithin | None = Field(description="null: who foresees gives no chances")
    collection: Collect | None = Field(description="null: not known yet")
    temperature: float | None = Field(description="degrees Celsius")
    emptied_at: AwareDatetime | None
    emptied_confidence: Ratio | None = Field(description="of that emptying; null: none was found yet")
    faults: list[Text] = Field(max_length=16, description="events of this bin that hold now")
    forecast_by: Text | None = Field(description="the model and its version, or the rule")
    historical: bool = False


class Foreseen(Kept):
    """What a summary says of its asset's forecasts: who foresees, and how well in the last weeks."""

    merged: Count = Field(
        default=0,
        description="0: one quarter of an hour; else of how many it was merged, for want of space (`merging`)",
    )
    forecast_by: Text | None = Field(description="the model and its version, or the rule; null: nobody foresees")
    forecast_skill: Annotated[float, Field(le=1)] | None = Field(
        description="1 - mean absolute error of the model / of the rule, on the same truths of the last weeks over all "
        "horizons; below 0 the rule is better, and speaks from -0.05; null: no model, or too few were scored"
    )
    forecast_scored: Count = Field(description="forecasts scored so far, at the horizon with the most; 0: no model")
    forecast_coverage: Ratio | None = Field(
        description="share of truths between p10 and p90 of who speaks; 0.8 is meant; null: too few were scored"
    )


class LampSummary(Foreseen):
    """What a lamp did in one period."""

    lamp: Id
    start: AwareDatetime
    end: AwareDatetime
    energy_wh: Wh | None = Field(description="null, like level, its time and switches: at night too few passed to tell")
    full_light_wh: Wh = Field(description="what the same night hours at full light would have cost")
    measured: bool = Field(description="energy by meter (true) or what the lamp is known to draw at its level (false)")
    mean_level: Percent | None = Field(description="percent of nominal luminous flux")
    lit_s: float | None = Field(ge=0)
    switches: Count | None
    passages: Count | None = Field(description="null: not counted, or too few to be told")
    suppressed: bool = Field(description="true: there were fewer passages than the privacy threshold")
    operating_h: float | None = Field(ge=0, description="hours lit since it was installed; null: not known yet")
    starts: Count | None = Field(description="times switched on since it was installed; null: not known yet")
    energy_total_kwh: float | None = Field(
        ge=0, description="since it was installed; goes on with the lighting day, or when enough have passed"
    )
    partly: Partly | None = Field(
        default=None, description="where it was merged and not every period could be told: the sums of those that could"
    )
    historical: bool = False


class BinSummary(Foreseen):
    """What a bin did in one period."""

    bin: Id
    start: AwareDatetime
    end: AwareDatetime
    fill: Ratio | None
    fill_rate: float | None = Field(description="ratio per day")
    full_threshold: Ratio = Field(description="full_at of the file (FIWARE binFullnessThreshold, there in percent)")
    hours_to_full: Quantiles | None = Field(description="hours until full_threshold if nobody empties it")
    reliability: Ratio = Field(description="of the forecast, by its scores on this bin; 0.5 until a week is scored")
    full_within: FullWithin | None = Field(description="null: who foresees gives no chances")
    collection: Collect | None = Field(description="null: not known yet")
    emptied: Count
    emptyings: list[Emptying] = Field(max_length=8)
    litres_collected: float | None = Field(
        ge=0, description="by those; null: none, or the file does not say how large the bin is"
    )
    faults: list[Text] = Field(max_length=16, description="events of this bin that held at any time of the period")
    observed: ObservedFill | None = Field(description="what people saw in it; null: nobody has looked yet")
    budget: Budget | None
    discrepancies: dict[Annotated[str, Field(pattern=r"^[A-Za-z]{1,64}$")], Count] = Field(
        max_length=32, description="readings that could not be what they said, by kind, since the node started"
    )
    temperature_max: float | None = Field(description="degrees Celsius")
    historical: bool = False


class AlarmMessage(Kept):
    """Something a city should know now; `event` is a TALQ event name where there is one."""

    asset: Id
    event: Annotated[str, Field(pattern=r"^[A-Za-z]{1,64}$")]
    active: bool = Field(description="true: it starts, false: it is over")
    why: Text
    historical: bool = False


class Status(State):
    """Whether the node is there: published at every connect, and by the broker when the node falls silent."""

    status: Literal["online", "offline"]
    why: Text
    historical: bool = False


class Health(State):
    """How the node is; `counters` only grow, from its start or from its installation."""

    uptime_s: float = Field(ge=0)
    waiting_alarms: Count
    waiting_replies: Count
    waiting_summaries: Count
    outbox_bytes: Count
    outbox_failing: Text | None = Field(default=None, description="what is wrong with its disk; null: nothing")
    counters: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")], Count]
    uplink: UplinkHealth | None = Field(default=None, description="null: said before there was any")
    audit: Text | None = Field(
        default=None,
        description="how many lines the audit has, and the begin of the last one's digest; null: it has none",
    )
    historical: bool = False


class ConfigReported(State):
    """Which configuration holds, and what came of the last one that was sent."""

    state: Literal["by_hand", "applied", "on_probation", "reverted"] = Field(
        description="by_hand: the file on the node, nothing that was sent; reverted: what held before the last one"
    )
    revision: Count | None = Field(description="of the one that holds; null: the file on the node")
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(description="SHA-256 of the text that holds")
    by: Text | None = Field(description="who sent it")
    why: Text = Field(description="what came of the last change; empty: it holds as it was sent")
    confirm_by: AwareDatetime | None = Field(description="on probation: until then")
    tried: Count = Field(description="the highest revision taken so far; the next one must be above")
    refused_revision: Count | None = Field(description="the last desired one that was not taken")
    refused_why: Text | None
    historical: bool = False


class Reply(Kept):
    """The answer to a command: `done`, `refused`, or `interrupted` by a restart (not known whether it was done)."""

    id: CommandId | None = Field(description="null: the command could not be read")
    kind: Id
    status: Literal["done", "refused", "interrupted"]
    text: Text
    note: Text | None
    historical: bool = False


MODELS: tuple[type[Strict], ...] = (
    Status, Health, LampState, BinState, LampSummary, BinSummary, AlarmMessage, ConfigReported, Configuration,
    *KINDS.values(),
)  # fmt: skip


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON schema of each topic; `reply` is what comes to a command's response topic.

    What passes between nodes, below ROW_ROOT, is for no city: it is here so that somebody can see how little it says.
    """
    by_name = {model.__name__: model for model in MODELS}
    found = {f"{ROOT}/{{site}}/{{node}}/{topic}": by_name[name].model_json_schema() for topic, name in TABLE.items()}
    found[f"{ROW_ROOT}/{{site}}/{{node}}/{{to}}"] = Coming.model_json_schema()
    return {**found, "reply": Reply.model_json_schema()}


def numbered(record: Record) -> Callable[[int], bytes]:
    """Return what makes the message's bytes once its number is known; `Outbox.put` and `publish_state` take it."""
    return lambda seq: record.model_copy(update={"seq": seq}).model_dump_json().encode()


def replayed(body: bytes) -> bytes:
    """Mark a kept message as one that waited while the node was cut off."""
    return body.removesuffix(NOT_REPLAYED) + REPLAYED if body.endswith(NOT_REPLAYED) else body

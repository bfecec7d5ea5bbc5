"""The orders: what a node is told to do, as models; whatever else comes is refused."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from lampyre.sync.parts import Id, Percent, Strict
from lampyre.sync.topics import ID

CONFIG_LIMIT = 65_536  # characters; 64 lamps and 32 bins take 30 kB
OVERRIDE_LIMIT_S = 86_400.0  # a day: what should last longer belongs into the calendar

Target = Annotated[str, Field(pattern=rf"^(\*|{ID.pattern})$")]  # a lamp, a group, or all
By = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
CommandId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class Command(Strict):
    """What every command says: by whom, and until when it may still be obeyed."""

    model_config = ConfigDict(strict=True)  # "5" is no number and 5 no date

    id: CommandId
    kind: Id
    issued_at: AwareDatetime = Field(
        description="when it was made; at most five minutes ahead of the node's clock; "
        "of two of one sender for one lamp, bin or model the one issued later counts, whichever comes first"
    )
    expires_at: AwareDatetime = Field(description="not obeyed after this, nor replayed; at most a day after issued_at")
    by: By

    @model_validator(mode="after")
    def _lives_a_day_at_most(self) -> Self:
        if not timedelta(0) < self.expires_at - self.issued_at <= timedelta(seconds=OVERRIDE_LIMIT_S):
            raise ValueError("expires_at must be after issued_at, by a day at most")
        return self


class LampCommand(Command):
    """A command for lamps."""

    lamps: Annotated[tuple[Target, ...], Field(min_length=1, max_length=64)] = Field(
        strict=False, description="names of lamps and of groups in the node's file; * means all lamps of the node"
    )


class Override(LampCommand):
    """A command: hold lamps at a level for a time, whatever the programme says; it ends by itself."""

    kind: Literal["override"]
    level: Percent = Field(description="percent of nominal luminous flux")
    duration_s: Annotated[float, Field(gt=0, le=OVERRIDE_LIMIT_S)]


class Resume(LampCommand):
    """A command: end the city's overrides of lamps before their time; a technician's stays."""

    kind: Literal["resume"]


class Observe(Command):
    """A command: somebody saw how full a bin is; held against its sensor, and two that agree move its calibration."""

    kind: Literal["observe"]
    bin: Id
    fill: Percent = Field(description="percent of its volume, as seen before it was emptied")
    seen_at: AwareDatetime | None = Field(
        default=None, description="within the last hour; without it the moment at which the command was issued"
    )


class Identify(LampCommand):
    """A command: let lamps rise and fall for a while, so that somebody in the street finds them."""

    kind: Literal["identify"]
    duration_s: Annotated[float, Field(ge=10, le=600)] = 120.0


class Report(Command):
    """A command: say again all states, and how the node is now."""

    kind: Literal["report"]


class UseModel(Command):
    """A command: from now on let this model foresee, or none: then the rule does."""

    kind: Literal["use-model"]
    duty: Literal["activity", "fill"]
    model: Id = Field(description="file: as the node's file says; shipped; none; or a bundle that lies on the node")


class Restart(Command):
    """A command: begin anew; the boards hold the light meanwhile."""

    kind: Literal["restart"]


class Configuration(Strict):
    """A whole node.toml for one node; what it leaves out of what only the file on the node may say is taken from that.

    Also what is retained on `config/desired`.
    """

    model_config = ConfigDict(strict=True)

    revision: Annotated[int, Field(ge=1, lt=2**53)] = Field(description="above every one that this node has had")
    text: Annotated[str, Field(min_length=1, max_length=CONFIG_LIMIT)] = Field(description="TOML")
    by: By
    confirm: Literal["by-command", "by-itself"] = Field(
        default="by-command", description="by-itself: also by a session with the broker that stood for a minute"
    )
    confirm_within_s: Annotated[float, Field(ge=10, le=3600)] = Field(
        default=300.0, description="after its start; then what held before is put back"
    )


class ApplyConfig(Command, Configuration):
    """A command: check this configuration, run it on probation, and put it back unless it is confirmed in time."""

    kind: Literal["apply-config"]


class ConfirmConfig(Command):
    """A command: the configuration on probation is good."""

    kind: Literal["confirm-config"]
    revision: Annotated[int, Field(ge=1)]


KINDS: dict[str, type[Command]] = {
    "override": Override,
    "resume": Resume,
    "observe": Observe,
    "identify": Identify,
    "report": Report,
    "use-model": UseModel,
    "apply-config": ApplyConfig,
    "confirm-config": ConfirmConfig,
    "restart": Restart,
}

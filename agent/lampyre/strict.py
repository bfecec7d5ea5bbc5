"""What every table of a node's TOML has in common: nothing unknown, nothing infinite, nothing changed afterwards."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]  # becomes a part of a topic: no + # / $
Ratio = Annotated[float, Field(ge=0.0, le=1.0)]


class Strict(BaseModel):
    """What comes from a file: no unknown key, no change after reading, no infinities."""

    # a table within others is built with them, not once more by itself: 0.3 MB less of a node's memory (November 2026)
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

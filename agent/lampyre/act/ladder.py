"""The ladder: who decides over a lamp when several want something. The highest that has an opinion does."""

from collections.abc import Iterable

from lampyre.records import Cause, Fine, Intent

LADDER = (
    Fine.PROTECTION,  # the hardware, before it breaks
    Fine.TECHNICIAN,  # at the mast; expires
    Fine.REMOTE,  # a command of the city; expires
    Fine.PRESENCE,  # somebody is there, or was a moment ago
    Fine.ADAPTIVE,  # traffic or a model, inside the envelope
    Fine.PROGRAM,  # the calendar, and the rule where nobody is there
    Fine.DEFAULT,  # nobody has an opinion
    Fine.FAILSAFE,  # the board, of itself: it hears none of the above
)
CAUSES = {
    Fine.PROTECTION: Cause.SENSOR,
    Fine.TECHNICIAN: Cause.OVERRIDE,
    Fine.REMOTE: Cause.OVERRIDE,
    Fine.PRESENCE: Cause.SENSOR,
    Fine.ADAPTIVE: Cause.SENSOR,
    Fine.PROGRAM: Cause.PROGRAM,
    Fine.DEFAULT: Cause.DEFAULT,
    Fine.FAILSAFE: Cause.DEFAULT,
}  # TALQ's word for each
COMMON = {
    Cause.OVERRIDE: Fine.REMOTE,
    Cause.SENSOR: Fine.PRESENCE,
    Cause.PROGRAM: Fine.PROGRAM,
    Cause.DEFAULT: Fine.DEFAULT,
}  # what a cause means where an intent says no more: the rung with the fewest rights


def fine_of(intent: Intent) -> Fine:
    """Return the intent's rung; one that contradicts its TALQ cause counts as what that cause commonly is."""
    fine = intent.fine
    return fine if fine is not None and CAUSES[fine] is intent.cause else COMMON[intent.cause]


def highest(wishes: Iterable[Intent | None]) -> Intent | None:
    """Return the wish on the highest rung of those that want a level; of two on one rung the first."""
    found = [wish for wish in wishes if wish is not None and wish.level is not None]
    return min(found, key=lambda wish: LADDER.index(fine_of(wish)), default=None)

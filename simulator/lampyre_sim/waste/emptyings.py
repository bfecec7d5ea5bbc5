"""Which recorded readings are the first after an emptying: as the node tells it, and when little was in it."""

from datetime import UTC, datetime

import numpy as np

from lampyre.decide.bins.emptied import Emptyings
from lampyre.decide.bins.past import EMPTIED_DROP
from lampyre_sim.score.grid import Ints
from lampyre_sim.score.measures import Floats

FLOOR = 0.1  # a fall of 20 to 30 points that ends here was an emptying too; the node does not ask for so small ones


def emptied(hours: Floats, fills: Floats) -> Ints:
    """Return their numbers; `hours` are since 1970 (UTC)."""
    watch = Emptyings()
    at = [datetime.fromtimestamp(round(hour * 3600), UTC) for hour in hours.tolist()]
    number = {when: k for k, when in enumerate(at)}
    found = {
        number[told.at]
        for when, fill in zip(at, fills.tolist(), strict=True)
        if (told := watch.see(when, fill)) is not None
    }
    small = np.flatnonzero((np.diff(fills) < -EMPTIED_DROP) & (fills[1:] <= FLOOR)) + 1
    found |= {k for k in small.tolist() if not found & {k - 1, k, k + 1}}
    return np.array(sorted(found), np.int64)

"""The table: what the node listens to, asked for one by one in each session, and each answer looked at."""

import logging

from lampyre.sync.exchange import Subscription
from lampyre.sync.session import Session

log = logging.getLogger("lampyre.sync.table")

RETRY_S = 300.0  # an operator who mends an ACL sees it work within five minutes


class Table:
    """Rows of what we listen to; a refusal is told once, and asked again every RETRY_S and in each session."""

    def __init__(self) -> None:
        self.rows: list[Subscription] = []
        self._refused: dict[str, str] = {}  # filter → what the broker said

    @property
    def refused(self) -> int:
        """How many the broker refuses."""
        return len(self._refused)

    def add(self, row: Subscription) -> None:
        """One more, from the next session on."""
        self.rows.append(row)

    async def ask(self, session: Session, *, again: bool = False) -> None:
        """Subscribe to all, one after the other, or `again` to those refused; raises UplinkDown."""
        for row in self.rows:
            if again and row.filter not in self._refused:
                continue
            if not row.wanted:
                session.forget(row.filter)
                continue
            answer = await session.subscribe(row.filter, qos=row.qos, retained=row.kept)
            if not answer.refused:
                if self._refused.pop(row.filter, None) is not None:
                    log.info("%s: the broker grants %s now", row.what, row.filter)
            elif self._refused.get(row.filter) != answer.reason:
                self._refused[row.filter] = answer.reason
                log.warning("no %s: the broker refuses %s: %s; check its ACL", row.what, row.filter, answer.reason)

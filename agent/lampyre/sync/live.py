"""Live: what is worth something now or never, from node to node over the broker. QoS 0, never retained, never kept."""

from lampyre.sync.coming import row_filter, row_topic
from lampyre.sync.exchange import Hear, Subscription
from lampyre.sync.session import Session
from lampyre.sync.topics import ROW_ROOT

VALID_S = 5  # MQTT 5 message expiry: one that queues QoS 0 for who is away forgets it too


class Live:
    """What one node says to its neighbours and hears from them; without `hear` it asks the broker for nothing."""

    def __init__(self, site: str, node: str, hear: Hear | None = None) -> None:
        self._site = site
        self._node = node
        self._hear = hear
        self._session: Session | None = None

    @property
    def listens(self) -> Subscription:
        """Its row in the table of subscriptions."""
        rows, what = row_filter(self._site, self._node), "moving light from other nodes"
        return Subscription(rows, what, qos=0, hear=self._hear or _nobody, wanted=self._hear is not None)

    async def begin(self, session: Session) -> None:
        """A session has come about."""
        self._session = session

    def end(self) -> None:
        """The session is over."""
        self._session = None

    def say(self, node: str, body: bytes) -> bool:
        """Say it to a node now; False where there is no session, or only a slow one: nobody will hear it."""
        session = self._session
        return session is not None and session.shout(row_topic(self._site, self._node, node), body, VALID_S)

    def sender(self, topic: str) -> str:
        """Return which node spoke on a topic; empty: it is not of our site, or not for us."""
        head, tail = f"{ROW_ROOT}/{self._site}/", f"/{self._node}"
        return topic[len(head) : -len(tail)] if topic.startswith(head) and topic.endswith(tail) else ""


def _nobody(_topic: str, _body: bytes, _retained: bool) -> None:
    """What the broker still sends from before we asked it to forget goes nowhere, and is no command."""

"""The register's kinds of message: on which topic, what for, how long on the node; and what lies on its disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel

from lampyre.audit import FILE_LIMIT
from lampyre.journal import KEPT_S
from lampyre.register import bins, lamps, node
from lampyre.register.terms import Both, Fine, Line, Table, Why
from lampyre.summarise.days import KEPT as DAYS_KEPT
from lampyre.sync import messages
from lampyre.sync.coming import Coming
from lampyre.sync.inbox import INBOX_LIMIT
from lampyre.sync.live import VALID_S
from lampyre.sync.messages import MODELS
from lampyre.sync.topics import ROOT, ROW_ROOT, TABLE

DAY_S = 86400.0
LINES: Table = {**lamps.TABLE, **bins.TABLE, **node.TABLE}


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of message. `kept`: on the node; {alarm}, {reply}, {summary} are days of its outbox."""

    topic: str  # below lampyre/v1/{site}/{node}/, or whole
    model: type[BaseModel]
    why: Why
    when: Both
    kept: Both
    retained: bool = False  # the broker keeps the newest

    @property
    def whole(self) -> str:
        """The topic as it stands on the wire, with {site}, {node} and {id}."""
        return self.topic if self.topic.startswith(("{", ROW_ROOT)) else f"{ROOT}/{{site}}/{{node}}/{self.topic}"


_MEMORY = Both("in memory, the newest alone", "en mémoire, le dernier seulement")
_WAITS = Both(
    "until the broker has it, {summary} days at most; without space merged into hours and days",
    "jusqu'à ce que le courtier l'ait, {summary} jours au plus ; sans place, fusionné en heures et en jours",
)
STREAMS = (
    Stream(
        "lamp/{id}/state", messages.LampState, Why.LIGHT,
        Both("when a lamp is told something else", "quand une lampe reçoit un autre ordre"), _MEMORY, retained=True,
    ),
    Stream(
        "lamp/{id}/summary", messages.LampSummary, Why.ENERGY,
        Both("each quarter of an hour", "chaque quart d'heure"), _WAITS,
    ),
    Stream(
        "bin/{id}/state", messages.BinState, Why.COLLECTION,
        Both("when a bin has changed, every two minutes at most; fire at once",
             "quand un bac a changé, toutes les deux minutes au plus ; un feu tout de suite"), _MEMORY, retained=True,
    ),
    Stream(
        "bin/{id}/summary", messages.BinSummary, Why.COLLECTION,
        Both("each quarter of an hour", "chaque quart d'heure"), _WAITS,
    ),
    Stream(
        "alarm", messages.AlarmMessage, Why.UPKEEP,
        Both("when something breaks, and when it is whole again", "quand une chose casse, et quand elle remarche"),
        Both("until the broker has it, {alarm} days at most",
             "jusqu'à ce que le courtier l'ait, {alarm} jours au plus"),
    ),
    Stream(
        "status", messages.Status, Why.OPERATION,
        Both("at each connect, and by the broker when the node falls silent",
             "à chaque connexion, et par le courtier quand le nœud se tait"), _MEMORY, retained=True,
    ),
    Stream(
        "health", messages.Health, Why.OPERATION,
        Both("every ten minutes", "toutes les dix minutes"), _MEMORY, retained=True,
    ),
    Stream(
        "config/reported", messages.ConfigReported, Why.OPERATION,
        Both("when another configuration holds", "quand une autre configuration vaut"), _MEMORY, retained=True,
    ),
    Stream(
        "{response topic}", messages.Reply, Why.EVIDENCE,
        Both("once for each command, where its sender asks for it",
             "une fois par commande, là où l'expéditeur le demande"),
        Both("until the broker has it, {reply} day(s) at most",
             "jusqu'à ce que le courtier l'ait, {reply} jour(s) au plus"),
    ),
    Stream(
        f"{ROW_ROOT}/{{site}}/{{node}}/{{to}}", Coming, Why.LIGHT,
        Both("only if `between_nodes` is switched on: when somebody passes the last lamp before another node's",
             "seulement si `between_nodes` est activé : quand on passe la dernière lampe avant celle d'un autre nœud"),
        Both(f"not at all; nobody keeps it, and after {VALID_S} s nobody hears it",
             f"pas du tout ; personne ne le garde, et après {VALID_S} s personne ne l'entend"),
    ),
)  # fmt: skip
ECHO = f"{ROOT}/{{site}}/{{node}}/echo"  # empty, out and back: no field of anything

ON_DISK = (
    (
        Both("outbox: what waits for the broker", "boîte d'envoi : ce qui attend le courtier"),
        Both("summaries {summary} days, alarms {alarm}, answers {reply}; what a broker has refused {parked}",
             "bilans {summary} jours, alarmes {alarm}, réponses {reply} ; ce qu'un courtier a refusé {parked}"),
    ),
    (
        Both("inbox: id, kind and answer of each command, so that none is done twice; no name",
             "commandes : identifiant, genre et réponse, pour n'en faire aucune deux fois ; aucun nom"),
        Both(f"a day after it expired; {INBOX_LIMIT} at most", f"un jour après son échéance ; {INBOX_LIMIT} au plus"),
    ),
    (
        Both("overrides, with the `by` of their command", "commandes en vigueur, avec leur `by`"),
        Both("until they end, a day at most", "jusqu'à leur fin, un jour au plus"),
    ),
    (
        Both("audit: who told the node to do what (`by`, or the technician), and what came of it",
             "registre des actes : qui a demandé quoi au nœud (`by`, ou le technicien), et ce qu'il en advint"),
        Both(f"until two files of {FILE_LIMIT // 1024} kB are full: some 3,400 deeds",
             f"jusqu'à remplir deux fichiers de {FILE_LIMIT // 1024} ko : quelque 3 400 actes"),
    ),
    (
        Both("configuration that the city has sent, with its `by`",
             "configuration envoyée par la ville, avec son `by`"),
        Both("until the next one holds", "jusqu'à ce que la suivante vaille"),
    ),
    (
        Both("what lamps have learned: a mean week, histograms of gaps; no single passage",
             "ce que les lampes ont appris : une semaine moyenne, des histogrammes ; aucun passage"),
        Both("for ever, forgetting as it goes", "toujours, en oubliant peu à peu"),
    ),
    (
        Both("a lamp's days: sums of energy and hours", "journées d'une lampe : sommes d'énergie et d'heures"),
        Both(f"{DAYS_KEPT} days", f"{DAYS_KEPT} jours"),
    ),
    (
        Both("a bin's past four weeks, an hour apart", "les quatre dernières semaines d'un bac, par heure"),
        Both("28 days", "28 jours"),
    ),
    (
        Both("journal of decisions, for `why`: in memory alone", "journal des décisions, pour `pourquoi` : en mémoire"),
        Both(f"{KEPT_S / DAY_S:g} days, and not over a restart", f"{KEPT_S / DAY_S:g} jours, et pas après un arrêt"),
    ),
    (
        Both("systemd's log: who commanded what (`by`), what a technician did at the mast, no passage",
             "journal de systemd : qui a commandé quoi (`by`), ce qu'un technicien a fait au mât, aucun passage"),
        Both("as journald is set (`MaxRetentionSec`): choose it", "selon journald (`MaxRetentionSec`) : à choisir"),
    ),
)  # fmt: skip


def line_of(model: type[BaseModel], field: str) -> Line | None:
    """Return what the register says of a field, its own model's words before those it inherits from."""
    for one in model.__mro__:
        found = LINES.get(one, {}).get(field)
        if found is not None:
            return found
    return None


def nested(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that a field is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from nested(inner)


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a message, where it stands in it, and what is said of it."""

    path: str  # collection.collect_by; emptyings[].at
    line: Line
    why: Why
    container: bool  # it holds others


def rows(stream: Stream) -> Iterator[Row]:
    """Yield all fields of a message, parts behind their whole. KeyError: one has no line yet; write it."""
    yield from _rows(stream.model, "", stream.why)


def _rows(model: type[BaseModel], before: str, why: Why) -> Iterator[Row]:
    for name, field in model.model_fields.items():
        line = line_of(model, name)
        if line is None:
            raise KeyError(f"{model.__name__}.{name} has no line in lampyre.register; say what it tells, and of whom")
        inner = list(dict.fromkeys(nested(field.annotation)))
        several = "[]" if "list" in str(field.annotation) else ""
        path = f"{before}{name}"
        yield Row(path, line, line.why or why, bool(inner) or name == "counters")
        if (model, name) == (messages.Health, "counters"):
            yield from (Row(f"counters.{key}", Line(what), Why.OPERATION, False) for key, what in node.COUNTERS.items())
        for part in inner:
            yield from _rows(part, f"{path}{several}.", line.why or why)


def published() -> set[type[BaseModel]]:
    """Return every model that leaves the node, with its parts."""
    names = {TABLE[topic] for topic in TABLE if not topic.startswith("command/") and not topic.endswith("/desired")}
    whole: list[type[BaseModel]] = [model for model in MODELS if model.__name__ in names]
    found: set[type[BaseModel]] = set()
    todo: list[type[BaseModel]] = [*whole, messages.Reply, Coming]
    while todo:
        model = todo.pop()
        found.add(model)
        todo += [one for field in model.model_fields.values() for one in nested(field.annotation) if one not in found]
    return found


def fine_of(stream: Stream) -> dict[str, Fine]:
    """Return how fine each moment of a message is told, by path."""
    return {row.path: row.line.fine for row in rows(stream) if row.line.fine is not None}

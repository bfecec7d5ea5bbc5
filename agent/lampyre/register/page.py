"""The page: the register as a town files it, in one language; from the same models that leave the node."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lampyre.outbox_settings import OutboxSettings
from lampyre.register.dialects import FILE, FIXED, TONGUES, Tongue
from lampyre.register.streams import ON_DISK, STREAMS, Row, Stream, rows
from lampyre.register.terms import Both, Language, Line, Whom, Why
from lampyre.settings import NodeSettings, Settings

ANY_BROKER = Both("the broker that the node's file names", "le courtier que nomme le fichier du nœud")
COMMON = ("site", "node", "seq", "time_quality", "quality", "boot", "historical")  # said once, for all messages

HEAD = (
    (
        Both("Controller", "Responsable"),
        Both("the town or syndicate that runs the node: its name and its data protection officer go here",
             "la commune ou le syndicat qui exploite le nœud : son nom et son délégué à la protection des données"),
    ),
    (
        Both("Purposes", "Finalités"),
        Both("street lighting by need, emptying bins when they are nearly full, keeping both in order; no other",
             "éclairer selon le besoin, vider les bacs presque pleins, entretenir les deux ; aucune autre"),
    ),
    (
        Both("Persons", "Personnes"),
        Both("passers-by: never identified nor followed, counted in periods; crews: times without names; who "
             "commands: the name that the command gives",
             "passants : jamais identifiés ni suivis, comptés par périodes ; équipes : des heures sans noms ; qui "
             "commande : le nom que donne la commande"),
    ),
    (
        Both("Never collected", "Jamais recueilli"),
        Both("images, sound, addresses of telephones or vehicles, anything that names or follows somebody. A presence "
             "sensor says yes or no; that stays in memory for seconds",
             "images, sons, adresses de téléphones ou de véhicules, rien qui nomme ou suive quelqu'un. Un capteur de "
             "présence dit oui ou non ; cela reste en mémoire quelques secondes"),
    ),
    (
        Both("Recipients", "Destinataires"),
        Both("{recipients}; whoever its access list lets read it", "{recipients} ; qui sa liste d'accès laisse lire"),
    ),
    (
        Both("Third countries", "Pays tiers"),
        Both("the node sends nothing anywhere but to that broker; where it stands is the town's choice",
             "le nœud n'envoie rien ailleurs qu'à ce courtier ; la commune choisit où il se trouve"),
    ),
    (
        Both("Time limits", "Durées"),
        Both("on the node: below, with each message; at the broker and behind it: the town's to set",
             "sur le nœud : ci-dessous, à chaque message ; chez le courtier et au-delà : à fixer par la commune"),
    ),
    (
        Both("Security", "Sécurité"),
        Both("[security.md](security.md)", "[security.md](security.md)"),
    ),
)  # fmt: skip
TEXTS = {
    "title": Both("What leaves a node, field by field", "Ce qui sort d'un nœud, champ par champ"),
    "made": Both(
        "Made by `lampyre privacy --language en`, not edited by hand. `lampyre privacy --config node.toml` writes it "
        "for one node, with its own values. [En français](data-protection.fr.md). How counts are kept coarse: "
        "[privacy.md](privacy.md).",
        "Écrit par `lampyre privacy --language fr`, non modifié à la main. `lampyre privacy --config node.toml` "
        "l'écrit pour un nœud, avec ses propres valeurs. [In English](data-protection.md). Comment les comptes restent "
        "grossiers : [privacy.md](privacy.md) (en anglais).",
    ),
    "register": Both("For the register of processing (GDPR, article 30)", "Pour le registre (RGPD, article 30)"),
    "legend": Both("The words of the tables", "Les mots des tableaux"),
    "purpose": Both("purpose", "finalité"),
    "means": Both("means", "veut dire"),
    "whom": Both("about whom", "sur qui"),
    "field": Both("field", "champ"),
    "tells": Both("what it tells", "ce qu'il dit"),
    "common": Both("In every message", "Dans chaque message"),
    "when": Both("When", "Quand"),
    "stays": Both("On the node", "Sur le nœud"),
    "retained": Both("the broker keeps the newest", "le courtier garde le dernier"),
    "dialects": Both("Dialects: the same in other words", "Dialectes : la même chose en d'autres mots"),
    "dialects_say": Both(
        "Off until their table stands in the file. They are made from the messages above and from nothing else.",
        "Désactivés tant que leur table n'est pas dans le fichier. Faits des messages ci-dessus et de rien d'autre.",
    ),
    "key": Both("key", "clé"),
    "of": Both("made of", "fait de"),
    "file": Both("the node's file", "le fichier du nœud"),
    "fixed": Both("fixed by the protocol", "fixé par le protocole"),
    "disk": Both("What lies on the node", "Ce qui est gardé sur le nœud"),
    "what": Both("what", "quoi"),
    "long": Both("how long", "combien de temps"),
    "off": Both("not switched on here", "non activé ici"),
    "comes": Both(
        "What comes in: commands. Each gives in `by` who sends it, which stands in the log, in `why` of the lamp and "
        "in `config/reported`. Give a role there, not a name.",
        "Ce qui entre : des commandes. Chacune donne dans `by` qui l'envoie ; cela figure au journal, dans `why` de "
        "la lampe et dans `config/reported`. Y donner une fonction, non un nom.",
    ),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page says of one node; without a file, of one that is as it comes."""

    least: int = NodeSettings.model_fields["passages_least"].default
    outbox: OutboxSettings = field(default_factory=OutboxSettings)
    recipients: Both = ANY_BROKER
    off: frozenset[str] = frozenset()  # tables of the file that are not there; of a page for all nodes: none

    @classmethod
    def of(cls, settings: Settings) -> "Facts":
        """Return those of a node's file."""
        asked, broker = settings.dialects, settings.broker
        tables = {
            "[dialects.home_assistant]": asked.home_assistant,
            "[dialects.ngsi_ld]": asked.ngsi_ld,
            "[dialects.sparkplug]": asked.sparkplug,
            "dialects.cloud_events": asked.cloud_events or None,
            "between_nodes": None if settings.moving.between_nodes == "off" else True,
        }
        urls = [broker.url] + ([broker.fallback.url] if broker.fallback else [])
        named = ", ".join(f"`{url}`" for url in urls)
        off = frozenset(name for name, table in tables.items() if table is None)
        return cls(settings.node.passages_least, settings.outbox, Both(named, named), off)

    def fill(self, text: str, language: Language) -> str:
        """Put the values into a text."""
        box = self.outbox
        days = {
            "alarm": box.alarm_days,
            "reply": box.reply_days,
            "summary": box.summary_days,
            "parked": box.parked_days,
        }
        for name, value in {**days, "least": self.least}.items():
            text = text.replace(f"{{{name}}}", f"{value:g}")
        return text.replace("{recipients}", self.recipients.of(language))


def page(language: Language, facts: Facts | None = None) -> str:
    """Return the register as Markdown."""
    facts = facts or Facts()
    return "\n".join(facts.fill(line, language) for line in _page(language, facts)) + "\n"


def _page(language: Language, facts: Facts) -> Iterator[str]:
    def say(name: str) -> str:
        return TEXTS[name].of(language)

    yield from (f"# {say('title')}", "", say("made"), "", f"## {say('register')}", "", "| | |", "|---|---|")
    for name, text in HEAD:
        yield f"| {name.of(language)} | {text.of(language)} |"
    yield from ("", say("comes"), "", f"## {say('legend')}", "")
    yield from _table(("purpose", "means"), ((why.short, why.whole) for why in Why), language)
    yield ""
    yield from _table(("whom", "means"), ((whom.short, whom.whole) for whom in Whom), language)
    yield from ("", f"## {say('common')}", "")
    common = {row.path: row for stream in STREAMS for row in rows(stream) if row.path in COMMON}
    yield from _fields(common.values(), language)
    for stream in STREAMS:
        yield from _stream(stream, language, facts)
    yield from ("", f"## {say('dialects')}", "", say("dialects_say"))
    for tongue in TONGUES:
        yield from _tongue(tongue, language, facts)
    yield from ("", f"## {say('disk')}", "")
    yield from _table(("what", "long"), ON_DISK, language)


def _stream(stream: Stream, language: Language, facts: Facts) -> Iterator[str]:
    yield from ("", f"## `{stream.whole}`", "")
    if stream.model.__name__ == "Coming" and "between_nodes" in facts.off:
        yield f"{TEXTS['off'].of(language)}."
        return
    retained = f" ({TEXTS['retained'].of(language)})" if stream.retained else ""
    colon = " : " if language == "fr" else ": "
    when = f"{TEXTS['when'].of(language)}{colon}{stream.when.of(language)}{retained}"
    yield f"{when}. {TEXTS['stays'].of(language)}{colon}{stream.kept.of(language)}."
    yield ""
    yield from _fields(
        (row for row in rows(stream) if row.path not in COMMON or stream.topic.startswith("lampyre-row")), language
    )


def _fields(found: Iterable[Row], language: Language) -> Iterator[str]:
    names = [TEXTS[name].of(language) for name in ("field", "tells", "purpose", "whom")]
    yield f"| {' | '.join(names)} |"
    yield "|---|---|---|---|"
    for row in found:
        whom = "" if row.container else row.line.whom.short.of(language)
        yield f"| `{row.path}` | {_what(row.line, language)} | {row.why.short.of(language)} | {whom} |"


def _what(line: Line, language: Language) -> str:
    said = line.what.of(language)
    between = " ; " if language == "fr" else "; "
    return said if line.fine is None else f"{said}{between}{line.fine.words.of(language)}"


def _tongue(tongue: Tongue, language: Language, facts: Facts) -> Iterator[str]:
    yield from ("", f"### {tongue.name} (`{tongue.table}`)", "")
    if tongue.table in facts.off:
        yield f"{TEXTS['off'].of(language)}."
        return
    yield tongue.about.of(language)
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for topic, keys in tongue.topics.items():
        alike.setdefault(tuple(keys.items()), []).append(topic)
    sources = {FILE: TEXTS["file"].of(language), FIXED: TEXTS["fixed"].of(language)}
    for keys_of, spoken in alike.items():
        yield from ("", *(f"- `{topic}`" for topic in spoken), "")
        yield f"| {TEXTS['key'].of(language)} | {TEXTS['of'].of(language)} |"
        yield "|---|---|"
        by_source: dict[str, list[str]] = {}
        for key, source in keys_of:
            by_source.setdefault(source, []).append(f"`{key}`")
        for source, names in by_source.items():
            yield f"| {', '.join(names)} | {sources.get(source, f'`{source}`')} |"


def _table(names: tuple[str, str], found: Iterable[tuple[Both, Both]], language: Language) -> Iterator[str]:
    yield f"| {TEXTS[names[0]].of(language)} | {TEXTS[names[1]].of(language)} |"
    yield "|---|---|"
    for left, right in found:
        yield f"| {left.of(language)} | {right.of(language)} |"

"""What the agent says in English, in words for a technician: known texts by pattern, unknown ones as they are."""

import re

# pattern of the agent's text, plain English, French; {0} is the first group, itself translated where it is known
_TEXTS: tuple[tuple[str, str, str], ...] = (
    # what a lamp's policy says
    ("day", "it is day", "il fait jour"),
    ("nobody here", "nobody is here", "personne n'est là"),
    ("presence sensor does not answer", "the presence sensor does not answer",
     "le détecteur de présence ne répond pas"),
    (r"presence, held (\d+) s (.+)", "somebody passed; the light is held {0} s {1}",
     "quelqu'un est passé ; la lumière est tenue {0} s {1}"),
    ("by rule: no forecast", "by the rule, as there is no forecast", "par la règle, faute de prévision"),
    (r"by (.+): nobody expected", "by {0}, which expects nobody", "par {0}, qui n'attend personne"),
    (r"by (.+): next passer unlikely", "by {0}: another passer is unlikely",
     "par {0} : un autre passage est peu probable"),
    (r"by (.+): next passer likely", "by {0}: another passer is likely",
     "par {0} : un autre passage est probable"),
    ("rule: slot of the week", "the rule (the mean of this time of the week)",
     "la règle (la moyenne de cette heure de la semaine)"),
    ("rule: mean rate", "the rule (the mean rate)", "la règle (le rythme moyen)"),
    (r"rule: (.+)", "the rule ({0})", "la règle ({0})"),
    (r"override by (.+) until (\S+) UTC", "commanded by {0} until {1} UTC", "commandée par {0} jusqu'à {1} UTC"),
    ("technician", "a technician", "un technicien"),
    ("no policy spoke: safe level", "no policy spoke, so it gives its safe level",
     "aucune règle n'a parlé : niveau de sûreté"),
    # what the governor says
    ("raised to the floor of its class", "raised to the floor of its class", "relevée au plancher de sa classe"),
    ("lowered to what the town allows", "lowered to what the town allows", "abaissée à ce que la ville permet"),
    ("lowered for the curfew", "lowered for the curfew", "abaissée pour le couvre-feu"),
    ("kept up: it went up and down too often", "kept up because it went up and down too often",
     "gardée allumée car elle montait et descendait trop souvent"),
    ("raised: presence sensor not heard", "raised because the presence sensor is not heard",
     "relevée car le détecteur de présence n'est pas entendu"),
    ("no usable level: safe level", "no usable level was wanted, so the safe level",
     "aucun niveau utilisable n'était demandé : niveau de sûreté"),
    ("level was outside 0 to 1", "the level wanted was outside 0 to 100 %",
     "le niveau demandé était hors de 0 à 100 %"),
    # night
    ("neither clock nor photocell can be trusted: lit", "neither clock nor photocell can be trusted, so it is lit",
     "ni l'heure ni la cellule ne sont fiables, donc allumée"),
    ("photocell alone, clock not trusted", "by the photocell alone, as the clock is not trusted",
     "par la cellule seule, car l'heure n'est pas fiable"),
    (r"sun below -(\d+) degrees", "the sun is more than {0} degrees below the horizon",
     "le soleil est à plus de {0} degrés sous l'horizon"),
    (r"sun above (\d+) degrees", "the sun is more than {0} degrees above the horizon",
     "le soleil est à plus de {0} degrés au-dessus de l'horizon"),
    ("dark by day: clock or photocell is wrong, so lit",
     "the photocell sees the dark by day: it or the clock is wrong, so it is lit",
     "la cellule voit la nuit en plein jour : elle ou l'heure est fausse, donc allumée"),
    ("photocell in the twilight", "by the photocell, in the twilight", "par la cellule, au crépuscule"),
    ("sun alone, photocell not to be trusted", "by the sun alone, as the photocell cannot be trusted",
     "par le soleil seul, car la cellule n'est pas fiable"),
    # bins
    ("distance sensor not heard", "the distance sensor is not heard", "le capteur de distance n'est pas entendu"),
    ("distance sensor fell silent", "the distance sensor fell silent", "le capteur de distance s'est tu"),
    (r"([\d.]+) m is beyond the floor of the bin", "{0} m is beyond the floor of the bin",
     "{0} m est au-delà du fond du bac"),
    ("nearer than the sensor can see: full, or something hangs in front",
     "nearer than the sensor can see: full, or something hangs in front",
     "plus près que le capteur ne voit : plein, ou quelque chose pend devant"),
    (r"([\d.]+) m below the sensor", "the waste is {0} m below the sensor",
     "les déchets sont à {0} m sous le capteur"),
    # alarms
    (r"([\d.]+) ?% full", "{0} % full", "plein à {0} %"),
    (r"([\d.]+) W at level ([\d.]+) of ([\d.]+) W", "draws {0} W at level {1} of {2} W",
     "consomme {0} W au niveau {1} de {2} W"),
    (r"([\d.]+) W at level ([\d.]+), ([\d.]+) W at ([\d.]+)", "draws {0} W at level {1} and {2} W at {3}",
     "consomme {0} W au niveau {1} et {2} W à {3}"),
    (r"([\d.]+) W at level ([\d.]+) instead of ([\d.]+) W", "draws {0} W at level {1} instead of {2} W",
     "consomme {0} W au niveau {1} au lieu de {2} W"),
    (r"went out (\d+) times in (\d+) h of light", "went out {0} times in {1} h of light",
     "éteinte {0} fois en {1} h d'éclairage"),
    ("no believable power reading while its board speaks", "no believable power reading, though its board speaks",
     "pas de mesure de puissance crédible, alors que sa carte parle"),
    (r"exactly ([\d.]+) W at levels from ([\d.]+) to ([\d.]+)", "the meter shows exactly {0} W from level {1} to {2}",
     "le compteur montre exactement {0} W du niveau {1} à {2}"),
    (r"(\d+) of (\d+) lamps that should burn draw no power", "{0} of {1} lamps that should burn draw no power",
     "{0} lampes sur {1} qui devraient brûler ne consomment rien"),
    (r"(-?[\d.]+) degC in the bin", "{0} °C in the bin", "{0} °C dans le bac"),
    ("containerFull", "bin full", "bac plein"),
    ("fireDetected", "fire in the bin", "feu dans le bac"),
    ("lampFailure", "lamp failed", "lampe en panne"),
    ("lampUnexpectedOn", "lamp lit without an order", "lampe allumée sans ordre"),
    ("cyclingFailure", "lamp goes out and comes back", "lampe qui s'éteint et se rallume"),
    ("dimmingFailure", "lamp does not follow its level", "lampe qui ne suit pas son niveau"),
    ("lampPowerTooHigh", "lamp draws too much", "lampe qui consomme trop"),
    ("lampPowerTooLow", "lamp draws too little", "lampe qui ne consomme pas assez"),
    ("powerMeterFailure", "power meter failed", "compteur de puissance en panne"),
    ("supplyLoss", "supply lost", "coupure d'alimentation"),
    # status of a bin (FIWARE), quality, time
    ("ok", "in order", "en ordre"), ("lidOpen", "lid open", "couvercle ouvert"), ("dropped", "tipped over", "renversé"),
    ("moved", "moved", "déplacé"), ("vandalized", "vandalised", "vandalisé"), ("burning", "BURNING", "EN FEU"),
    ("unknown", "not known", "inconnu"),
    ("GOOD", "good", "bonne"), ("SUSPECT", "doubtful", "douteuse"), ("STALE", "too old", "périmée"),
    ("MISSING", "missing", "absente"),
    ("ntp", "set by the network", "réglée par le réseau"), ("rtc", "kept by the RTC", "tenue par l'horloge RTC"),
    ("unsynced", "NOT SET, not to be trusted", "NON RÉGLÉE, pas fiable"),
    # quantities
    ("illuminance", "light", "lumière"), ("temperature", "temperature", "température"),
    ("distance", "distance", "distance"), ("presence", "presence", "présence"),
    ("passages", "passages", "passages"), ("power", "power", "puissance"), ("level", "level", "niveau"),
    # the way to the city
    ("not tried yet", "not tried yet", "pas encore essayé"),
    (r"(?:\[Errno \d+\] )?Connection refused", "connection refused", "connexion refusée"),
    (r"timed out(?: after|: no answer for) (\d+) s", "no answer for {0} s", "pas de réponse en {0} s"),
    (r"(.+); is the broker running, and is this its port\?", "{0}; is the broker running, and is this its port?",
     "{0} ; le broker tourne-t-il, et est-ce bien son port ?"),
    (r"(.+); is the broker's name right, and does name resolution work\?",
     "{0}; is the broker's name right, and does name resolution work?",
     "{0} ; le nom du broker est-il juste, et la résolution des noms marche-t-elle ?"),
    (r"(.+); is the network up\?", "{0}; is the network up?", "{0} ; le réseau marche-t-il ?"),
    (r"(.+); is the network up, and does a firewall drop the port\?",
     "{0}; is the network up, and does a firewall drop the port?",
     "{0} ; le réseau marche-t-il, et un pare-feu bloque-t-il le port ?"),
    (r"(.+); does a second node use the same client id\?", "{0}; does a second node use the same client id?",
     "{0} ; un second nœud a-t-il le même identifiant ?"),
    (r"(.+); does ca_file belong to this broker, and is the node's clock right\?",
     "{0}; does ca_file belong to this broker, and is the node's clock right?",
     "{0} ; ca_file est-il celui de ce broker, et l'heure du nœud est-elle juste ?"),
    (r"(.+); does the broker know this node's certificate(, and does its ACL allow its topics)?\?",
     "{0}; does the broker know this node, and does it allow its topics?",
     "{0} ; le broker connaît-il ce nœud, et permet-il ses sujets ?"),
    # before the first look
    ("waiting", "it has not been looked at yet", "elle n'a pas encore été regardée"),
    ("not looked into yet", "not looked into yet", "pas encore regardé"),
    ("switched off in the configuration, the rule decides", "switched off in node.toml, the rule decides",
     "coupé dans node.toml, la règle décide"),
    # lines and refusals
    ("not heard yet", "not heard yet", "pas encore entendue"),
    (r"(\S+): silent for (\d+) s; check cable, speed and power",
     "{0}: silent for {1} s; check cable, speed and power",
     "{0} : muette depuis {1} s ; voir câble, vitesse et alimentation"),
    (r"(\S+): no such port; .*", "{0}: no such port; is the adapter plugged in?",
     "{0} : ce port n'existe pas ; l'adaptateur est-il branché ?"),
    (r"(\S+): unplugged", "{0}: unplugged", "{0} : débranché"),
    (r"no (lamp|bin|lamp or group) '(.*)'; there are (.*)", "there is no {0} {1}; there are {2}",
     "il n'y a pas de {0} {1} ; il y a {2}"),
    ("lamp", "lamp", "lampe"), ("bin", "bin", "bac"), ("lamp or group", "lamp or group", "lampe ni de groupe"),
    (r"none: (.*)", "none: {0}", "aucun : {0}"),
    # the way to the agent
    (r"(\S+) is not there", "the agent is not running ({0} is not there); cure: systemctl start lampyre",
     "l'agent ne tourne pas ({0} manque) ; remède : systemctl start lampyre"),
    (r"(\S+) refuses", "the agent has died ({0} does not answer); cure: systemctl restart lampyre",
     "l'agent est mort ({0} ne répond plus) ; remède : systemctl restart lampyre"),
    (r"(\S+) is forbidden", "this user may not ask the agent ({0}); cure: put it into the group lampyre",
     "cet utilisateur ne peut pas interroger l'agent ({0}) ; remède : le mettre dans le groupe lampyre"),
    (r"(\S+) is silent", "the agent does not answer on {0}; cure: wait a minute, then systemctl restart lampyre",
     "l'agent ne répond pas sur {0} ; remède : attendre une minute, puis systemctl restart lampyre"),
    (r"(\S+) speaks nonsense", "the agent's answer on {0} was not understood; cure: update both, then restart",
     "réponse incomprise sur {0} ; remède : mettre à jour agent et console, puis redémarrer"),
)  # fmt: skip

_KNOWN = tuple((re.compile(pattern), english, french) for pattern, english, french in _TEXTS)
DECIMAL = re.compile(r"-?\d+\.\d+")
DEPTH = 3  # a text in a text in a text: the deepest we know is two


def translated(text: str, language: str, depth: int = DEPTH) -> str:
    """Return the text in `fr` or plain `en`; what is not known comes back as it is."""
    if depth == 0:
        return text
    if language == "fr" and DECIMAL.fullmatch(text):
        return text.replace(".", ",")
    for pattern, english, french in _KNOWN:
        found = pattern.fullmatch(text)
        if found is not None:
            inner = [translated(group or "", language, depth - 1) for group in found.groups()]
            return (english if language == "en" else french).format(*inner)
    return text

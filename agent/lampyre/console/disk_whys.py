"""What is said of the disk under the outbox, in words for a technician: French and English."""

# pattern of the agent's text, plain English, French; see whys.py
DISK_TEXTS: tuple[tuple[str, str, str], ...] = (
    ("outboxFailing", "the disk takes nothing", "le disque ne prend plus rien"),
    ("outboxDamaged", "what waited for the city was damaged", "ce qui attendait pour la ville était abîmé"),
    (r"outbox: (.+)", "{0}", "{0}"),
    ("written again", "it is written again", "il est de nouveau écrit"),
    (r"damaged, set aside and begun anew; (\d+) parcels could be read from it",
     "the file was set aside and begun anew; {0} messages could be read from it",
     "le fichier a été mis de côté et recommencé ; {0} messages ont pu en être lus"),
    (r"(\S+): the disk has no space left for parcels; free some", "{0}: the disk is full; free some space",
     "{0} : le disque est plein ; faire de la place"),
    (r"(\S+): another process holds it; does an agent run already\?",
     "{0}: another process holds it; does an agent run already?",
     "{0} : un autre processus le tient ; un agent tourne-t-il déjà ?"),
    (r"(\S+): (.+); is the disk writable and healthy\?", "{0}: {1}; is the card worn out or read-only?",
     "{0} : {1} ; la carte est-elle usée, ou en lecture seule ?"),
    ("disk I/O error", "the disk answers with errors", "le disque répond par des erreurs"),
    ("Read-only file system", "the disk is read-only", "le disque est en lecture seule"),
    ("attempt to write a readonly database", "the disk is read-only", "le disque est en lecture seule"),
    ("unable to open database file", "the file cannot be opened", "le fichier ne s'ouvre pas"),
    ("Input/output error", "the disk answers with errors", "le disque répond par des erreurs"),
)  # fmt: skip

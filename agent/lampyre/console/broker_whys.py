"""What the agent says of its broker and its certificates, in words for a technician: French and English."""


def _asked(english: str, french: str) -> tuple[str, str, str]:
    """Return a reason with the question that follows it."""
    return rf"(.+); {english}\?", f"{{0}}; {english}?", f"{{0}} ; {french} ?"


# pattern of the agent's text, plain English, French; see whys.py
BROKER_TEXTS: tuple[tuple[str, str, str], ...] = (
    # what to look at
    _asked("is the broker running, and is this its port", "le broker tourne-t-il, et est-ce bien son port"),
    _asked("is the broker's name right, and does name resolution work",
           "le nom du broker est-il juste, et la résolution des noms marche-t-elle"),
    _asked("is the network up", "le réseau marche-t-il"),
    _asked("is the network up, and does a firewall drop the port",
           "le réseau marche-t-il, et un pare-feu bloque-t-il le port"),
    _asked("does it take TLS at this port, and this node's certificate",
           "prend-il TLS à ce port, et le certificat de ce nœud"),
    _asked("does ca_file belong to this broker, and is the node's clock right",
           "ca_file est-il celui de ce broker, et l'heure du nœud est-elle juste"),
    _asked("does the broker's certificate bear the name by which this node calls it",
           "le certificat du broker porte-t-il le nom que ce nœud lui donne"),
    _asked("does the broker know this node's certificate", "le broker connaît-il le certificat de ce nœud"),
    _asked("does the broker know this node's certificate, and does its ACL allow its topics",
           "le broker connaît-il le certificat de ce nœud, et son ACL permet-elle ses sujets"),
    _asked("another client has our id: has a second node the same site and id, or the same card",
           "un autre client a notre nom : un second nœud a-t-il les mêmes site et id, ou la même carte"),
    (r"(.+); the broker is full; give it room or ask its operator",
     "{0}; the broker is full: give it room or ask its operator",
     "{0} ; le broker est plein : lui donner de la place ou voir son exploitant"),
    (r"(.+); the broker's certificate is over, or this node's clock is ahead",
     "{0}; the broker's certificate is over, or this node's clock is ahead",
     "{0} ; le certificat du broker est expiré, ou l'horloge de ce nœud avance"),
    (r"(.+); the broker's certificate begins later than this node's clock says",
     "{0}; the broker's certificate begins later than this node's clock says",
     "{0} ; le certificat du broker commence après l'heure de ce nœud"),
    # what happened
    ("not tried yet", "not tried yet", "pas encore essayé"),
    (r"(?:\[Errno \d+\] )?Connection refused", "connection refused", "connexion refusée"),
    (r"timed out(?: after|: no answer for) (\d+) s", "no answer for {0} s", "pas de réponse en {0} s"),
    (r"timed out: no answer to (.+)", "no answer to {0}", "pas de réponse à {0}"),
    ("timed out", "no answer", "pas de réponse"),
    ("connection lost", "connection lost", "connexion perdue"),
    (r"connection ended: (.+)", "the broker has ended it: {0}", "le broker y a mis fin : {0}"),
    (r"(?:.* )?closed the connection before it answered our CONNECT", "it hung up without a word",
     "il a raccroché sans un mot"),
    # certificates
    ("certificateExpires", "a certificate ends soon or is over", "un certificat expire bientôt ou a expiré"),
    (r"(\S+): ends on (\S+), in (\d+) days; renew it before", "{0} ends on {1}, in {2} days: renew it before",
     "{0} expire le {1}, dans {2} jours : le renouveler avant"),
    (r"(\S+): ended on (\S+); renew it, the broker lets nobody in with it", "{0} ended on {1}: renew it",
     "{0} a expiré le {1} : le renouveler"),
)  # fmt: skip

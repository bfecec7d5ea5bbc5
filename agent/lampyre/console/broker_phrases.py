"""What `status` says of the way to the city, English and French; see phrases.py."""

BROKER_PHRASES: dict[str, tuple[str, str]] = {
    "online": ("City: connected to {broker}.", "Ville : relié à {broker}."),
    "offline": ("City: NOT connected to {broker}: {why}. Messages are kept.",
                "Ville : PAS relié à {broker} : {why}. Les messages sont gardés."),
    "online_second": ("City: connected to its second broker, {broker}; the first one fails.",
                      "Ville : relié à son second broker, {broker} ; le premier est en panne."),
    "mqtt_old": ("This broker speaks MQTT 3.1.1 only: what it refuses is lost, commands are done and not answered.",
                 "Ce broker ne parle que MQTT 3.1.1 : ce qu'il refuse est perdu, les commandes sont faites et restent "
                 "sans réponse."),
    "deaf": ("The broker refuses {count} of this node's subscriptions: does its ACL allow them?",
             "Le broker refuse {count} des abonnements de ce nœud : son ACL les permet-elle ?"),
    "certificate_ends": ("A certificate ends in {days} days: renew it, `lampyre check` names it.",
                         "Un certificat expire dans {days} jours : le renouveler, `lampyre check` le nomme."),
    "certificate_over": ("A CERTIFICATE HAS ENDED: renew it, `lampyre check` names it; the broker lets nobody in.",
                         "UN CERTIFICAT A EXPIRÉ : le renouveler, `lampyre check` le nomme ; avec lui, le broker "
                         "n'admet personne."),
}  # fmt: skip

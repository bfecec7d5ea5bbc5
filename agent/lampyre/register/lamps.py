"""The register's lines for what is told of lamps."""

from lampyre.register.terms import Fine, Table, Whom, Why, told
from lampyre.sync import messages, parts
from lampyre.sync.coming import Coming

TABLE: Table = {
    messages.LampState: {
        "time": told("when it was told so", "quand cela lui a été dit", Whom.RAISED, fine=Fine.RAISED),
        "lamp": told("which lamp", "quelle lampe"),
        "target_level": told("the light asked of it, in percent", "la lumière demandée, en pour cent", Whom.RAISED),
        "wanted_level": told(
            "... before limits; null: no opinion", "... avant les limites ; null : pas d'avis", Whom.RAISED
        ),
        "ramp_s": told(
            "seconds until it is there; 0 where passers may be the cause",
            "secondes pour y arriver ; 0 où des passants peuvent en être la cause",
            Whom.RAISED,
        ),
        "valid_s": told(
            "seconds after which the board goes its own safe way", "secondes après lesquelles la carte veille seule"
        ),
        "cause": told("cause, in TALQ's words", "cause, dans les mots de TALQ", Whom.RAISED),
        "fine_cause": told("cause, finer", "cause, plus précise", Whom.RAISED),
        "why": told(
            "why, in a sentence; of an override also by whom and until when",
            "pourquoi, en une phrase ; d'une commande aussi par qui et jusqu'à quand",
            Whom.OPERATOR,
            why=Why.EVIDENCE,
        ),
        "clamps": told("what limited it", "ce qui l'a limitée", Whom.RAISED),
        "night": told("whether it is night", "s'il fait nuit"),
        "night_why": told("by sun or photocell", "selon le soleil ou la cellule"),
    },
    messages.LampSummary: {
        "lamp": told("which lamp", "quelle lampe"),
        "start": told("beginning of the period", "début de la période", fine=Fine.SECOND),
        "end": told("its end", "sa fin", fine=Fine.SECOND),
        "energy_wh": told("energy used", "énergie consommée", Whom.PASSERS),
        "full_light_wh": told(
            "what full light would have used", "ce que le plein éclairage aurait consommé"
        ),
        "measured": told("by a meter, or computed", "au compteur ou par calcul"),
        "mean_level": told("mean light, in percent", "lumière moyenne, en pour cent", Whom.PASSERS),
        "lit_s": told("seconds lit", "secondes allumées", Whom.PASSERS),
        "switches": told("times it was switched", "nombre de commutations", Whom.PASSERS),
        "passages": told(
            "how many passages the sensor has counted", "combien de passages le capteur a comptés",
            Whom.PASSERS, why=Why.TRAFFIC,
        ),
        "suppressed": told("whether that was too few to tell", "si c'était trop peu pour le dire", why=Why.TRAFFIC),
        "operating_h": told(
            "hours lit since it was installed; stands still while too few pass",
            "heures allumées depuis la pose ; s'arrête tant qu'il passe trop peu de monde",
            Whom.PASSERS, why=Why.UPKEEP,
        ),
        "starts": told(
            "starts since it was installed; likewise",
            "allumages depuis la pose ; de même",
            Whom.PASSERS,
            why=Why.UPKEEP,
        ),
        "energy_total_kwh": told(
            "energy since it was installed; goes on with the lighting day",
            "énergie depuis la pose ; avance avec la journée d'éclairage",
            Whom.PASSERS,
        ),
        "partly": told("where summaries were merged: sums of those that could be told", "bilans fusionnés : les sommes "
                       "de ceux qui pouvaient être dits", Whom.PASSERS),
    },
    parts.Partly: {
        "counted_s": told("seconds in which passages were told", "secondes où les passages étaient dits"),
        "passages": told("passages during those", "passages pendant celles-là", Whom.PASSERS, why=Why.TRAFFIC),
        "light_s": told("seconds in which energy and light were told", "secondes où énergie et lumière étaient dites"),
        "energy_wh": told("energy during those", "énergie pendant celles-là", Whom.PASSERS),
        "mean_level": told("mean light during those", "lumière moyenne pendant celles-là", Whom.PASSERS),
        "lit_s": told("seconds lit during those", "secondes allumées pendant celles-là", Whom.PASSERS),
        "switches": told("switchings during those", "commutations pendant celles-là", Whom.PASSERS),
    },
    Coming: {
        "v": told("version of this message", "version de ce message"),
        "site": told("the town or quarter", "la ville ou le quartier"),
        "lamp": told("lamp at which somebody passes", "lampe près de laquelle on passe", Whom.PASSING),
        "ahead": told("lamp that shall expect it", "lampe qui doit s'y attendre", Whom.PASSING),
        "pace_s": told(
            "seconds from lamp to lamp, in halves", "secondes d'une lampe à l'autre, par demies", Whom.PASSING
        ),
        "hop": told("lamps in between", "lampes entre les deux"),
        "left": told("lamps beyond it", "lampes au-delà"),
        "time": told("when it was said", "quand cela a été dit", Whom.PASSING, fine=Fine.SECOND),
    },
}  # fmt: skip

"""The register's lines for what is told of bins."""

from lampyre.register.terms import Fine, Table, Whom, Why, told
from lampyre.sync import messages, parts

FORESEEN = {
    "fill": told("how full it is", "son remplissage"),
    "fill_rate": told("how fast it fills, a day", "vitesse de remplissage, par jour"),
    "full_threshold": told("from where on it counts as full", "à partir d'où il compte comme plein"),
    "hours_to_full": told("hours until then, foreseen", "heures d'ici là, prévues"),
    "reliability": told("how far the forecast may be believed", "confiance dans la prévision", why=Why.FORECAST),
    "full_within": told("how likely it is full within a day", "chance qu'il soit plein dans la journée"),
    "collection": told("by when to collect, and why", "quand collecter au plus tard, et pourquoi"),
}
TABLE: Table = {
    messages.BinState: {
        **FORESEEN,
        "time": told("of which moment this tells", "de quel moment il s'agit", fine=Fine.MINUTE),
        "bin": told("which bin", "quel bac"),
        "status": told("ok, open, tipped, burning ...", "ok, ouvert, renversé, en feu ..."),
        "why": told("why the fill is doubted", "pourquoi le niveau est douteux"),
        "temperature": told("inside, in degrees Celsius", "à l'intérieur, en degrés Celsius"),
        "emptied_at": told("when it was last emptied", "quand il a été vidé", Whom.CREW, fine=Fine.SECOND),
        "emptied_confidence": told("how sure that is", "à quel point c'est sûr"),
        "faults": told("faults that hold now", "défauts présents", why=Why.UPKEEP),
        "forecast_by": told("which model or rule foresees", "quel modèle ou règle prévoit", why=Why.FORECAST),
    },
    messages.BinSummary: {
        **FORESEEN,
        "bin": told("which bin", "quel bac"),
        "start": told("beginning of the period", "début de la période", fine=Fine.SECOND),
        "end": told("its end", "sa fin", fine=Fine.SECOND),
        "emptied": told("how often it was emptied", "combien de fois il a été vidé", Whom.CREW),
        "emptyings": told("each emptying", "chaque vidage", Whom.CREW),
        "litres_collected": told("litres taken out", "litres enlevés", Whom.CREW),
        "faults": told("faults of the period", "défauts de la période", why=Why.UPKEEP),
        "observed": told("what people saw in it, beside its sensor", "ce que l'on y a vu, face au capteur", Whom.CREW),
        "budget": told(
            "what looking into it has cost this year", "ce que mesurer a coûté cette année", why=Why.OPERATION
        ),
        "discrepancies": told(
            "readings that could not be true, by kind", "mesures impossibles, par genre", why=Why.UPKEEP
        ),
        "temperature_max": told("hottest of the period", "maximum de la période"),
    },
    messages.FullWithin: {
        "h12": told("chance within 12 hours", "chance en 12 heures"),
        "h24": told("chance within 24 hours", "chance en 24 heures"),
        "expected_h12": told("whether it is to be expected", "s'il faut s'y attendre"),
        "expected_h24": told("whether it is to be expected", "s'il faut s'y attendre"),
    },
    parts.Collect: {
        "collect_by": told("by when", "au plus tard quand", fine=Fine.SECOND),
        "reason": told("reason, in one word", "raison, en un mot"),
        "why": told("reason, in a sentence", "raison, en une phrase"),
        "waiting_h": told("full hours that waiting would cost", "heures plein que coûterait l'attente"),
        "suppressed_because": told("why nobody is called", "pourquoi personne n'est appelé"),
    },
    parts.Emptying: {
        "at": told("when", "quand", Whom.CREW, fine=Fine.SECOND),
        "fill_before": told("how full it was", "son niveau avant"),
        "fill_after": told("and then", "et après"),
        "confidence": told("how sure that is", "à quel point c'est sûr"),
        "litres": told("litres taken out", "litres enlevés"),
    },
    parts.ObservedFill: {
        "count": told("how often somebody has looked", "combien de fois on a regardé", Whom.CREW),
        "error": told("mean error of the sensor", "erreur moyenne du capteur", why=Why.UPKEEP),
        "bias": told("... with its sign", "... avec son signe", why=Why.UPKEEP),
        "disputed": told("times two looks differed", "fois où deux regards différaient", Whom.CREW),
        "moves": told("times the calibration was moved", "fois où l'étalonnage a bougé", why=Why.UPKEEP),
        "last": told("the last look", "le dernier regard", Whom.CREW),
    },
    parts.Seen: {
        "at": told("when somebody looked", "quand on a regardé", Whom.CREW, fine=Fine.SECOND),
        "fill": told("what was seen", "ce qui a été vu"),
        "sensor": told("what the sensor said then", "ce que disait le capteur"),
    },
    parts.Budget: {
        "year": told("calendar year", "année civile"),
        "looks": told("looks into it, in hundreds", "mesures, par centaines", Whom.RAISED, why=Why.OPERATION),
        "looks_most": told("most in a year", "maximum par an", why=Why.OPERATION),
        "states": told("states told", "états dits", why=Why.OPERATION),
        "states_most": told("most in a year", "maximum par an", why=Why.OPERATION),
        "urgent": told("states told of a fire", "états dits pour un feu", why=Why.OPERATION),
        "pace": told("how often it is looked into now", "rythme actuel des mesures", why=Why.OPERATION),
    },
}

"""The compliance export in plain lines, French or English, for a person at the node."""

from collections.abc import Iterator
from typing import Any

from lampyre.compliance import Kept, of_lamp
from lampyre.settings import Settings

SAID = {
    "recorded": ("{lamp}: {days} days from {from} to {to}, {missing} missing",
                 "{lamp} : {days} jours du {from} au {to}, {missing} manquants"),
    "none": ("{lamp}: no finished day in this time", "{lamp} : aucun jour terminé sur cette période"),
    "decree": ("  decree of 27 December 2018: {given} of 6 data; missing in node.toml: {missing}",
               "  arrêté du 27 décembre 2018 : {given} données sur 6 ; manquent dans node.toml : {missing}"),
    "energy": ("  {kwh} kWh, {share} of the time by meter; all-night full light: {full} kWh",
               "  {kwh} kWh, {share} du temps par compteur ; pleine lumière toute la nuit : {full} kWh"),
    "saving": ("  saved {kwh} kWh ({share})", "  économisé {kwh} kWh ({share})"),
    "rates": ("  {what}; not given: {missing}", "  {what} ; non indiqué : {missing}"),
    "hours": ("  lit {lit} h, {starts} starts; hours at up to 25, 50, 75, 100 %: {profile}",
              "  allumée {lit} h, {starts} allumages ; heures jusqu'à 25, 50, 75, 100 % : {profile}"),
    "indicators": ("  EN 13201-5: D_P {density} W/(lx m²), D_E {consumption} Wh/m² in {days} days; missing: {missing}",
                   "  EN 13201-5 : D_P {density} W/(lx m²), D_E {consumption} Wh/m² en {days} j ; manque : {missing}"),
    "curfew": ("  curfew {begin}-{end}, at most {most}: {h} h, above it {above} h, of that {override} h by command",
               "  réduction {begin}-{end}, au plus {most} : {h} h, au-dessus {above} h, dont {override} h sur ordre"),
}  # fmt: skip
NONE = ("none", "rien")


def as_text(settings: Settings, all_kept: list[Kept]) -> Iterator[str]:
    """Yield a few lines for each lamp, in the node's language."""
    french = settings.node.language == "fr"

    def say(key: str, **values: Any) -> str:
        return SAID[key][french].format(**values)

    for of in all_kept:
        one = of_lamp(of, settings.evidence)
        yield say("recorded" if of.days else "none", lamp=one["lamp"], **one["recorded"])
        missing = one["decree_missing"]
        yield say("decree", given=6 - len(missing), missing=_listed(missing, french))
        if not of.days:
            continue
        energy, saving, found = one["energy"], one["saving"], one["en_13201_5"]
        yield say("energy", kwh=energy["kwh"], share=_percent(energy["metered_share"]), full=energy["full_light_kwh"])
        yield say("saving", kwh=saving["kwh"], share=_percent(saving["share"]))
        what = [f"{saving[key]} {unit} ({saving[by]})" for key, unit, by in RATES if key in saving]
        yield say("rates", what=_listed(what, french), missing=_listed(saving["missing"], french))
        profile = " ".join(str(hours) for hours in list(one["profile_h"].values())[1:])
        yield say("hours", lit=one["lit_h"], starts=one["starts"], profile=profile)
        density, per_m2 = found["power_density_w_per_lx_m2"], found["consumption_wh_per_m2"]
        values = {"density": _or(density), "consumption": _or(per_m2), "days": found["consumption_days"]}
        yield say("indicators", **values, missing=_listed(found["missing"], french))
        curfew = one["curfew"]
        if curfew is not None:
            hours = {
                "h": curfew["curfew_h"],
                "above": curfew["curfew_above_h"],
                "override": curfew["curfew_override_h"],
            }
            yield say("curfew", begin=curfew["begin"], end=curfew["end"], most=_percent(curfew["most"]), **hours)


RATES = (("euro", "€", "euro_from"), ("co2_kg", "kg CO2", "co2_from"))


def _or(value: float | None) -> str:
    return "?" if value is None else str(value)


def _percent(share: float | None) -> str:
    return "?" if share is None else f"{share * 100:.0f} %"


def _listed(names: list[str], french: bool) -> str:
    return ", ".join(names) or NONE[french]

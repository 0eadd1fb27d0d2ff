"""Reason codes with arguments, and their text in English and French.

The core speaks in codes; only what people read is text, so that both languages say the same thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LANGUAGES: Final = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is as it is: a code and the values that its sentence names."""

    code: str
    args: tuple[tuple[str, Argument], ...] = ()

    def text(self, language: str = "en") -> str:
        """The sentence in ``language`` (``en`` or ``fr``)."""
        values = {name: value.text(language) if isinstance(value, Reason) else value for name, value in self.args}
        return _TEXTS[self.code][LANGUAGES.index(language)].format_map(values)


Argument = str | int | Reason
"""What a sentence names: words, numbers, or another reason."""


def reason(code: str, /, **args: Argument) -> Reason:
    """A reason with its arguments; an unknown code is a programming error and raises ``KeyError`` here."""
    if code not in _TEXTS:
        raise KeyError(code)
    return Reason(code, tuple(args.items()))


# code: (English, French)
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    # the calendar
    "ClassDay": ("class day", "jour de classe"),
    "Weekend": ("weekend", "week-end"),
    "WeekendInHoliday": ("weekend in {name}", "week-end, {name}"),
    "PublicHoliday": ("public holiday: {name}", "jour férié : {name}"),
    "TermHoliday": ("{name}", "{name}"),
    "PastCalendar": (
        "the calendar of zone {zone} is known until {until}",
        "le calendrier de la zone {zone} est connu jusqu'au {until}",
    ),
    "CalendarGap": (
        "no dates of zone {zone} are published for this day",
        "aucune date de la zone {zone} n'est publiée pour ce jour",
    ),
    "LocalDay": ("{description} (calendar {calendar})", "{description} (calendrier {calendar})"),
    # announcements
    "Announced": (
        "{kind} by {announcement}, announced {announcedAt}",
        "{kind} selon {announcement}, annoncé le {announcedAt}",
    ),
    # steps of a plan
    "Driven": (
        "{day}; need {need} at {at}; ramp {up}/min; lead {lead} min",
        "{day} ; besoin de {need} à {at} ; montée {up}/min ; avance {lead} min",
    ),
    "Held": (
        "{day}; need {need} at {at}, held {hold} min; down {down}/min",
        "{day} ; besoin de {need} à {at}, maintenu {hold} min ; descente {down}/min",
    ),
    "Clients": (
        "connections of {clients}: need {need} at {at}; lead {lead} min; lowered only at night",
        "connexions de {clients} : besoin de {need} à {at} ; avance {lead} min ; abaissé la nuit seulement",
    ),
    "Minimum": ("the minimum; need {need}", "le minimum ; besoin de {need}"),
    "CatchingUp": (
        "from {inEffect} in effect at {since}, up {up}/min, towards {wanted}",
        "depuis {inEffect} en vigueur à {since}, montée {up}/min, vers {wanted}",
    ),
    "ComingDown": (
        "from {inEffect} in effect at {since}, down {down}/min, towards {wanted}",
        "depuis {inEffect} en vigueur à {since}, descente {down}/min, vers {wanted}",
    ),
    "Zone": ("zone {names}", "la zone {names}"),
    "Zones": ("zones {names}", "les zones {names}"),
    "LevelsOf": ("{levels} of {where}", "{levels} de {where}"),
    "AudienceDay": ("{what} for {who}", "{what} pour {who}"),
    "AudienceDayAnnounced": (
        "{what} for {who}, announced {announcedAt}",
        "{what} pour {who}, annoncé le {announcedAt}",
    ),
    "PartlyConcerned": (
        "{day} (a part of {segment} only, shares unknown: the larger demand is taken)",
        "{day} (une partie seulement de {segment}, parts inconnues : la demande la plus forte est retenue)",
    ),
    "Event": ("event {name}, {percent} % of the usual; {day}", "événement {name}, {percent} % de l'habituel ; {day}"),
    "FirstRemoteDay": ("first remote day", "premier jour à distance"),
    "RemoteDay": ("remote day", "jour à distance"),
    "HybridDay": ("hybrid day, {percent} % on site", "jour hybride, {percent} % sur site"),
    "FirstDayAfterBreak": ("first day after a break", "premier jour après une coupure"),
    "BackOnSite": ("first day back on site", "premier jour de retour sur site"),
    "EveningBeforeReturn": ("evening before the return", "veille de la rentrée"),
    "OnSiteDay": ("class day on site", "jour de classe sur site"),
    "ClosedDay": ("schools closed", "établissements fermés"),
    "UnknownDay": (
        "day past the calendar's end, planned as a class day",
        "jour au-delà du calendrier, prévu comme un jour de classe",
    ),
    "OffDay": ("{name}", "{name}"),
    # notices of a plan
    "CalendarEnds": (
        "the calendar of {who} is known until {until}: later weekdays are planned as class days",
        "le calendrier de {who} est connu jusqu'au {until} : au-delà, jours ouvrés prévus comme jours de classe",
    ),
    "PartlyConcernedDay": (
        "{segment}: only a part is concerned on {on} and shares are unknown; give its departements a percent",
        "{segment} : une partie seulement est concernée le {on}, parts inconnues ; donnez un percent aux departements",
    ),
    "Short": (
        "{workload}: {replicas} replicas short at {at}; the maximum is {max}",
        "{workload} : il manque {replicas} réplicas à {at} ; le maximum est {max}",
    ),
    "BudgetShort": (
        "{workload}: {replicas} replicas short at {at}; budget {budget} allows {max}",
        "{workload} : il manque {replicas} réplicas à {at} ; le budget {budget} en permet {max}",
    ),
    "TooLate": (
        "{workload}: what was announced leaves less time than the lead; Ready at {readyAt}",
        "{workload} : l'annonce laisse moins de temps que l'avance nécessaire ; Ready à {readyAt}",
    ),
    "NodesShort": (
        "{nodes} nodes needed at {at}, {max} declared",
        "{nodes} nœuds nécessaires à {at}, {max} déclarés",
    ),
    "BudgetAtRisk": (
        "budget {budget}: the maxima allow {connections} connections, {allowed} are there",
        "budget {budget} : les maxima permettent {connections} connexions, {allowed} existent",
    ),
    "LimitReached": (
        "limit {limit}: {logins} log-ins a minute at {at}, {allowed} allowed",
        "limite {limit} : {logins} connexions par minute à {at}, {allowed} permises",
    ),
    "Waiting": (
        "people wait from {since} to {until}, up to {wait}",
        "attente de {since} à {until}, jusqu'à {wait}",
    ),
}

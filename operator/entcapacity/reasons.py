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
        "{day}; {need} at {at}; ramp {up}/min; lead {lead} min",
        "{day} ; {need} à {at} ; montée {up}/min ; avance {lead} min",
    ),
    "Held": (
        "{day}; {need} at {at}, held {hold} min; down {down}/min",
        "{day} ; {need} à {at}, maintenu {hold} min ; descente {down}/min",
    ),
    "Clients": (
        "connections of {clients}: {need} at {at}; lead {lead} min; lowered only at night",
        "connexions de {clients} : {need} à {at} ; avance {lead} min ; abaissé la nuit seulement",
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
        "up to {most} people wait from {since} to {until}, up to {wait}; limited by {limitedBy}",
        "jusqu'à {most} personnes attendent de {since} à {until}, jusqu'à {wait} ; limite : {limitedBy}",
    ),
    "BudgetOverdrawn": (
        "budget {budget}: {connections} connections at {at}, {allowed} are there; minima or a ramp ask for more",
        "budget {budget} : {connections} connexions à {at}, {allowed} existent ; minima ou montée en demandent plus",
    ),
    "CalendarHole": (
        "no dates of {who} are published for {on}: weekdays there are planned as class days",
        "aucune date publiée de {who} pour le {on} : ces jours ouvrés sont prévus comme jours de classe",
    ),
    "NeedOf": ("need {need}", "besoin de {need}"),
    "NeedAboveLimit": ("need {need}, at most {limit}", "besoin de {need}, {limit} au plus"),
    "Boosted": ("{day}, boosted by {percent} %", "{day}, renforcé de {percent} %"),
    "FirstHybridDay": ("first hybrid day, {percent} % on site", "premier jour hybride, {percent} % sur site"),
    # agenda: who differs
    "ForPlaces": ("in {places}", "dans {places}"),
    "ForLevels": ("for {levels}", "pour {levels}"),
    "ForBoth": ("for {levels} in {places}", "pour {levels} dans {places}"),
    "AndFor": ("{one}, {other}", "{one}, {other}"),
    # terms of an explanation
    "TermAt": ("the minute explained", "la minute expliquée"),
    "TermDriver": ("the minute whose need asks for the floor", "la minute dont le besoin demande ce plancher"),
    "TermDay": ("{segment}: {why}", "{segment} : {why}"),
    "TermBusiest": (
        "{segment}: the busiest minute within {width} of t*",
        "{segment} : la minute la plus chargée à {width} près de t*",
    ),
    "TermUsers": ("{segment}: users, {role}", "{segment} : utilisateurs, {role}"),
    "TermShare": ("{segment}: share of {role} in session then", "{segment} : part des {role} en session alors"),
    "TermModifiers": (
        "{segment}: modifiers (first days, events, boost, midnight, preparation)",
        "{segment} : modificateurs (premiers jours, événements, boost, minuit, préparation)",
    ),
    "TermExpectedSessions": ("{segment}: sessions expected", "{segment} : sessions attendues"),
    "TermSessionsThen": ("{segment}: sessions expected then", "{segment} : sessions attendues alors"),
    "TermSessionsNext": (
        "{segment}: sessions expected a minute later",
        "{segment} : sessions attendues une minute plus tard",
    ),
    "TermSessionLength": ("mean length of a session, minutes", "durée moyenne d'une session, minutes"),
    "TermExpectedLogins": (
        "{segment}: log-ins a minute expected, by Little's law",
        "{segment} : connexions par minute attendues, loi de Little",
    ),
    "TermBand": ("{segment}: height of the band", "{segment} : hauteur de la marge"),
    "TermWeight": (
        "{segment}: how heavily such a day uses {workload}",
        "{segment} : poids d'un tel jour pour {workload}",
    ),
    "TermPlannedOn": ("{segment}: planned on", "{segment} : retenu pour le plan"),
    "TermSessions": ("sessions planned on", "sessions retenues pour le plan"),
    "TermLogins": ("log-ins a minute planned on", "connexions par minute retenues pour le plan"),
    "TermLoginsSpread": (
        "the same when people may wait {wait} min, from the whole day's curve",
        "de même avec {wait} min d'attente permises, d'après la courbe du jour",
    ),
    "TermClientFloor": ("floor of {workload} at t*", "plancher de {workload} à t*"),
    "TermClientConnections": (
        "connections of each replica of {workload}",
        "connexions de chaque réplica de {workload}",
    ),
    "TermConnections": ("connections of the clients", "connexions des clients"),
    "TermUtilization": ("target utilisation", "utilisation visée"),
    "TermBeta": ("square-root staffing", "dimensionnement en racine carrée"),
    "TermOrdinarySessions": (
        "sessions at the peak of the model's ordinary Monday",
        "sessions au pic du lundi ordinaire du modèle",
    ),
    "TermOrdinaryLogins": (
        "log-ins a minute at the peak of the model's ordinary Monday",
        "connexions par minute au pic du lundi ordinaire du modèle",
    ),
    "TermOrdinaryConnections": (
        "connections of the clients at the peak of an ordinary Monday",
        "connexions des clients au pic d'un lundi ordinaire",
    ),
    "TermOrdinaryReplicas": ("replicas then (ordinaryPeak)", "réplicas alors (ordinaryPeak)"),
    "TermOrdinaryUtilization": ("how busy they are then", "leur utilisation alors"),
    "TermCarriedSessions": ("sessions of one replica at 100 %", "sessions d'un réplica à 100 %"),
    "TermCarriedLogins": ("log-ins a minute of one replica at 100 %", "connexions par minute d'un réplica à 100 %"),
    "TermCarriedConnections": ("connections of one replica at 100 %", "connexions d'un réplica à 100 %"),
    "TermQuotient": ("before rounding up", "avant l'arrondi supérieur"),
    "TermNeedFor": ("replicas for it", "réplicas pour cela"),
    "TermNeed": ("the larger one", "le plus grand"),
    "TermLeft": (
        "replicas left of R(z) when {lost} of {domains} failure domains are lost",
        "réplicas restants de R(z) si {lost} domaines de panne sur {domains} tombent",
    ),
    "TermNeedSpread": (
        "the fewest of which so many are left when failure domains are lost",
        "le moins dont il en reste autant si des domaines de panne tombent",
    ),
    "TermNoLimit": ("the most there can be; no maximum is known", "le plus possible ; aucun maximum connu"),
    "TermLimit": ("the maximum", "le maximum"),
    "TermLimitBudget": ("the maximum, or what the budget allows", "le maximum, ou ce que permet le budget"),
    "TermServed": ("need that is served", "besoin servi"),
    "TermStartup": ("start-up, minutes", "démarrage, minutes"),
    "TermWarmup": ("warm-up, minutes", "mise en température, minutes"),
    "TermNodes": ("node start-up, minutes", "démarrage des nœuds, minutes"),
    "TermOwnLead": ("its own lead, minutes", "avance propre, minutes"),
    "TermChain": ("lead of workloads that come after it, minutes", "avance des charges qui viennent après, minutes"),
    "TermBeforeOrdinary": ("readyBefore on ordinary days, minutes", "readyBefore des jours ordinaires, minutes"),
    "TermBeforeExceptional": (
        "readyBefore on exceptional days, minutes",
        "readyBefore des jours exceptionnels, minutes",
    ),
    "TermLead": ("lead, minutes", "avance, minutes"),
    "TermHold": ("hold, minutes", "maintien, minutes"),
    "TermDistance": ("minutes from t to t*", "minutes de t à t*"),
    "TermRise": ("still to be ramped up, {up} a minute", "reste à monter, {up} par minute"),
    "TermFalling": (
        "minutes since the hold ended in which the floor may fall",
        "minutes depuis la fin du maintien où le plancher peut descendre",
    ),
    "TermDrop": ("ramped down already, {down} a minute", "déjà descendu, {down} par minute"),
    "TermMinimum": ("the minimum", "le minimum"),
    "TermWanted": ("the floor that needs no past", "le plancher sans passé"),
    "TermInEffect": ("floor in effect at {since}", "plancher en vigueur à {since}"),
    "TermElapsed": ("minutes since then", "minutes depuis"),
    "TermFallingSince": ("of them, minutes in which the floor may fall", "dont minutes où le plancher peut descendre"),
    "TermFloor": ("replicas asked for", "réplicas demandés"),
    # headings and lines of the command line
    "PlanHead": (
        "{name}: {since} to {until} ({timezone}), as known at {asOf}",
        "{name} : du {since} au {until} ({timezone}), selon ce qui est connu le {asOf}",
    ),
    "Days": ("Days", "Jours"),
    "Notices": ("Take note", "À noter"),
    "NoNotices": (
        "Nothing to worry about: capacity and time suffice.",
        "Rien à signaler : la capacité et le temps suffisent.",
    ),
    "Time": ("time", "heure"),
    "Floor": ("replicas", "réplicas"),
    "Why": ("why", "pourquoi"),
    "Date": ("date", "date"),
    "Kind": ("kind", "nature"),
    "PeakLine": ("peak: need {need} at {at}, floor {floor}", "pic : besoin de {need} à {at}, plancher {floor}"),
    "RangeLine": (
        "min {min}, max {max}, lead {ordinary} min ({exceptional} on exceptional days)",
        "min {min}, max {max}, avance {ordinary} min ({exceptional} les jours exceptionnels)",
    ),
    "NoMaximum": ("none known", "aucun connu"),
    "ShortLine": (
        "short of {replicas} replicas from {since} to {until}",
        "il manque {replicas} réplicas de {since} à {until}",
    ),
    "NoSteps": ("nothing to ask for", "rien à demander"),
    "WaitLine": (
        "{most} people wait at most, from {since} to {until}, the longest {wait}; limited by {limit}",
        "{most} personnes attendent au plus, de {since} à {until}, au plus {wait} ; limité par {limit}",
    ),
    "WaitOpen": ("until after the window", "jusqu'après la période"),
    "Waits": ("Who waits", "Qui attend"),
    "Slots": ("Start slots", "Créneaux de début"),
    "SlotLine": (
        "{on}: {starts}; peak {spread} sessions instead of {peak}",
        "{on} : {starts} ; pic de {spread} sessions au lieu de {peak}",
    ),
    "SlotLater": ("{segment} {minutes} min later", "{segment} {minutes} min plus tard"),
    "SlotFirst": ("{segment} first", "{segment} d'abord"),
    "Cost": ("Cost", "Coût"),
    "CostLine": (
        "{hours} replica-hours, ×{factor} of the same days in an ordinary week ({usual}); {peak} replicas at the peak",
        "{hours} réplicas-heures, ×{factor} des mêmes jours d'une semaine ordinaire ({usual}) ; {peak} réplicas au pic",
    ),
    "CostNodes": ("{nodes} nodes at the peak", "{nodes} nœuds au pic"),
    "CostRequests": ("{cpu} CPU-hours, {memory} GiB-hours", "{cpu} CPU-heures, {memory} Gio-heures"),
    "ChartReplicas": ("{workload}: replicas", "{workload} : réplicas"),
    "ChartSessions": ("sessions", "sessions"),
    "Need": ("need", "besoin"),
    "Maximum": ("maximum", "maximum"),
    "Expected": ("expected", "attendu"),
    "High": ("high", "haut"),
    "CalendarHead": (
        "{where}, {role}: {since} to {until}; known until {known}",
        "{where}, {role} : du {since} au {until} ; connu jusqu'au {known}",
    ),
    "CalendarHeadAsOf": (
        "{where}, {role}: {since} to {until}; known until {known}, at {asOf}",
        "{where}, {role} : du {since} au {until} ; connu jusqu'au {known}, le {asOf}",
    ),
    "CalendarFolded": (
        "Weekends between equal days are not listed.",
        "Les week-ends entre deux jours pareils ne sont pas listés.",
    ),
    "ExplainHead": (
        "{name}, {workload}: {floor} replicas at {at}, as known at {asOf}",
        "{name}, {workload} : {floor} réplicas à {at}, selon ce qui est connu le {asOf}",
    ),
    "PartDay": ("The day", "Le jour"),
    "PartDemand": ("Demand", "La demande"),
    "PartSizing": ("Replicas needed", "Les réplicas nécessaires"),
    "PartFloor": ("When they are asked for", "Quand ils sont demandés"),
    "Term": ("term", "terme"),
    "Value": ("value", "valeur"),
    "Formula": ("from", "calcul"),
    "Meaning": ("meaning", "sens"),
    "DiffHead": ("What changes from {since} to {until}", "Ce qui change du {since} au {until}"),
    "DiffKnown": ("as known at {asOf}", "selon ce qui est connu le {asOf}"),
    "NoChange": ("No change: every floor stays as it was.", "Aucun changement : chaque plancher reste le même."),
    "Workload": ("workload", "charge"),
    "PeakNeed": ("peak need", "besoin au pic"),
    "PeakFloor": ("peak floor", "plancher au pic"),
    "Shortfall": ("shortfall", "manque"),
    "ReplicaHours": ("replica-hours", "réplicas-heures"),
    "FirstChange": ("first change", "premier changement"),
    "InAll": ("in all", "en tout"),
    "AddedAnnouncements": ("Announcements added: {names}", "Annonces ajoutées : {names}"),
    "RemovedAnnouncements": ("Announcements removed: {names}", "Annonces retirées : {names}"),
    "ChangedAnnouncements": ("Announcements changed: {names}", "Annonces modifiées : {names}"),
    "NotYetKnown": (
        "Not known yet at {asOf}, so not counted: {names}",
        "Pas encore connues le {asOf}, donc pas comptées : {names}",
    ),
    "NewNotices": ("New notices", "Nouvelles remarques"),
    "GoneNotices": ("Notices gone", "Remarques levées"),
    "WorkloadAdded": ("added", "ajoutée"),
    "WorkloadRemoved": ("removed", "retirée"),
    "Unchanged": ("no change", "aucun changement"),
    "ReplayHead": (
        "{title}: planned on {planOn}; users up to {percent} % more and {early} min earlier than expected",
        "{title} : prévu sur {planOn} ; jusqu'à {percent} % d'usagers en plus et {early} min plus tôt que prévu",
    ),
    "SaturatedColumn": ("saturated min", "min saturées"),
    "RefusedColumn": ("refused user-min", "min-usagers refusées"),
    "WaitColumn": ("longest wait", "attente max."),
    "ReplicaHoursColumn": ("replica-hours", "réplicas-heures"),
    "PeakColumn": ("peak replicas", "pic de réplicas"),
    "NeverIn": ("not in at the end", "encore dehors à la fin"),
    "AsWell": ("As good here, for no more: {names}", "Aussi bien ici, sans coûter plus : {names}"),
    "ContenderEntcapacity": ("our plan, nothing above its floor", "notre plan, rien au-dessus de son plancher"),
    "ContenderHpa": ("HPA at 70 %", "HPA à 70 %"),
    "ContenderHpa50": ("HPA at 50 %", "HPA à 50 %"),
    "ContenderKedaCron": ("KEDA cron for an ordinary day, HPA at 70 %", "KEDA cron d'un jour ordinaire, HPA à 70 %"),
    "ContenderLastWeek": (
        "last week, HPA at 70 % above",
        "la semaine passée, HPA à 70 % au-dessus",
    ),
    "ContenderStaticMax": ("everything at its maximum", "tout au maximum"),
    "ContenderOptimum": ("our plan, knowing who comes", "notre plan, sachant qui vient"),
    "ContenderIdeal": ("ready = need at once, at 100 %", "prêt = besoin sur l'instant, à 100 %"),
    "DrivenRow": ("{need} at {at}; lead {lead} min", "{need} à {at} ; avance {lead} min"),
    "HeldRow": ("{need} at {at}, held {hold} min", "{need} à {at}, maintenu {hold} min"),
    "ClientsHead": (
        "connections of {clients}; lowered only at night",
        "connexions de {clients} ; abaissé la nuit seulement",
    ),
}

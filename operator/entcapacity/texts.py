"""What people read: the sentence of each reason code, in English and in French.

``{name}`` stands for a value, ``{replicas:replica|replicas}`` for a whole number and the word that goes with it. Both
languages name the same values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# code: (English, French)
TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    # words in a row
    "And": ("{one} and {other}", "{one} et {other}"),
    "Comma": ("{one}, {other}", "{one}, {other}"),
    "Semicolon": ("; ", " ; "),
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
        "{kind} selon {announcement}, annonce du {announcedAt}",
    ),
    "KindOnSite": ("OnSite", "sur site"),
    "KindHybrid": ("Hybrid", "hybride"),
    "KindRemote": ("Remote", "à distance"),
    "KindClosed": ("Closed", "fermeture"),
    "KindHoliday": ("Holiday", "vacances"),
    "KindPublicHoliday": ("PublicHoliday", "jour férié"),
    "KindWeekend": ("Weekend", "week-end"),
    "KindUnknown": ("Unknown", "inconnu"),
    # steps of a plan
    "Driven": (
        "{day}; {need} at {at}; ramp {up}/min; lead {lead} min",
        "{day} ; {need} {at} ; montée {up}/min ; avance {lead} min",
    ),
    "Held": (
        "{day}; {need} at {at}, held {hold} min; down {down}/min",
        "{day} ; {need} {at}, maintenu {hold} min ; descente {down}/min",
    ),
    "Clients": (
        "connections of {clients}: {need} at {at}; lead {lead} min; lowered only at night",
        "connexions des clients {clients} : {need} {at} ; avance {lead} min ; abaissé la nuit seulement",
    ),
    "Minimum": ("the minimum; need {need}", "le minimum ; besoin de {need}"),
    "NeedOf": ("need {need}", "besoin de {need}"),
    "NeedAboveLimit": ("need {need} (at most {limit})", "besoin de {need} (au plus {limit})"),
    "CatchingUp": (
        "from {inEffect} in effect at {since}, up {up}/min, towards {wanted}",
        "depuis {inEffect} en vigueur {since}, montée {up}/min, vers {wanted}",
    ),
    "ComingDown": (
        "from {inEffect} in effect at {since}, down {down}/min, towards {wanted}",
        "depuis {inEffect} en vigueur {since}, descente {down}/min, vers {wanted}",
    ),
    "Rehearsed": (
        "rehearsal of {floor} until {until}; up {up}/min, down {down}/min",
        "répétition de {floor}, fin {until} ; montée {up}/min, descente {down}/min",
    ),
    "AtTime": ("{time}", "à {time}"),
    "AtDate": ("{date}", "le {date}"),
    "Zone": ("zone {names}", "la zone {names}"),
    "Zones": ("zones {names}", "les zones {names}"),
    "LevelsOf": ("{levels} of {where}", "{levels} {where}"),
    "OfZone": ("zone {names}", "de la zone {names}"),
    "OfZones": ("zones {names}", "des zones {names}"),
    "LevelEcole": ("écoles", "les écoles"),
    "LevelCollege": ("collèges", "les collèges"),
    "LevelLycee": ("lycées", "les lycées"),
    "LevelPostBac": ("post-bac", "les classes post-bac"),
    "AudienceDay": ("{what} for {who}", "{what} pour {who}"),
    "AudienceDayAnnounced": (
        "{what} for {who}, announced {announcedAt}",
        "{what} pour {who}, annonce du {announcedAt}",
    ),
    "PartlyConcerned": (
        "{day} (a part of {segment} only, shares unknown: the larger demand is taken)",
        "{day} (une partie seulement de {segment}, parts inconnues : la demande la plus forte est retenue)",
    ),
    "Event": ("event {name}, {percent} % of the usual; {day}", "événement {name}, {percent} % de l'habituel ; {day}"),
    "StillComingIn": (
        "{day}, people who waited still come in",
        "{day}, des personnes qui attendaient entrent encore",
    ),
    "Boosted": ("{day}, boosted by {percent} %", "{day}, renfort de {percent} %"),
    "FirstRemoteDay": ("first remote day", "premier jour à distance"),
    "RemoteDay": ("remote day", "jour à distance"),
    "HybridDay": ("hybrid day, {percent} % on site", "jour hybride, {percent} % sur site"),
    "FirstHybridDay": ("first hybrid day, {percent} % on site", "premier jour hybride, {percent} % sur site"),
    "FirstDayAfterBreak": ("first day after a break", "premier jour après une interruption"),
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
        "le calendrier pour {who} est connu jusqu'au {until} : au-delà, jours ouvrés prévus comme jours de classe",
    ),
    "PartlyConcernedDay": (
        "{segment}: only a part is concerned on {on} and shares are unknown, so the busier case is planned; name its "
        "departements, with percent",
        "{segment} : une partie seulement est concernée le {on}, parts inconnues : le cas le plus chargé est prévu ; "
        "donner `percent` à chaque entrée de `departements`",
    ),
    "Short": (
        "{workload}: {replicas:replica|replicas} short at {at}; {limit}",
        "{workload} : il manque {replicas:réplica|réplicas} le {at} ; {limit}",
    ),
    "OwnMaximum": ("the maximum is {max}", "le maximum est {max}"),
    "AutoscalerMaximum": (
        "its autoscaler's maximum is {max}: raise it there, or set maxWhenAnnounced",
        "le maximum de son autoscaler est {max} : à relever là, ou renseigner maxWhenAnnounced",
    ),
    "MaximumBelowFound": (
        "{workload}: max {max} is below the {replicas:replica|replicas} that stood there before, which stay: "
        "raise max, or set min, too",
        "{workload} : max {max} est en dessous de {replicas:réplica|réplicas} en place auparavant, qui restent : "
        "relever max, ou renseigner aussi min",
    ),
    "BudgetShort": (
        "{workload}: {replicas:replica|replicas} short at {at}; budget {budget} allows {max}",
        "{workload} : il manque {replicas:réplica|réplicas} le {at} ; le budget {budget} en permet {max}",
    ),
    "TooLate": (
        "{workload}: what was announced leaves less time than the lead; everything is Ready at {readyAt}",
        "{workload} : l'annonce laisse moins de temps que l'avance nécessaire ; tout est prêt le {readyAt}",
    ),
    "NodesShort": (
        "{nodes:node|nodes} needed at {at}, {max} declared",
        "il faut {nodes:nœud|nœuds} le {at} ; déclarés : {max}",
    ),
    "BudgetAtRisk": (
        "budget {budget}: the maxima allow {connections:connection|connections}, available: {allowed}",
        "budget {budget} : les maxima permettent {connections:connexion|connexions}, disponibles : {allowed}",
    ),
    "LimitReached": (
        "limit {limit}: {logins:log-in|log-ins} a minute at {at}, {allowed} allowed",
        "limite {limit} : {logins:authentification|authentifications} par minute le {at}, au plus {allowed}",
    ),
    "Waiting": (
        "up to {most:person waits|people wait} {when}, {wait}; limited by {limitedBy}",
        "jusqu'à {most:personne attend|personnes attendent} {when}, {wait} ; limite : {limitedBy}",
    ),
    "WaitingOpen": (
        "up to {most:person waits|people wait} {when}; who is outside at the end still waits; limited by {limitedBy}",
        "jusqu'à {most:personne attend|personnes attendent} {when} ; qui est dehors à la fin attend encore ; "
        "limite : {limitedBy}",
    ),
    "WaitSpan": ("from {since} to {until}", "du {since} au {until}"),
    "WaitDays": ("on {days:day|days}, at worst from {since} on", "sur {days:jour|jours}, au pire à partir du {since}"),
    "WaitMinutes": ("up to {minutes} min", "au plus {minutes} min"),
    "WaitHours": (
        "longer than an hour: many would not get in that day",
        "plus d'une heure : beaucoup n'entreraient pas ce jour-là",
    ),
    "BudgetOverdrawn": (
        "budget {budget}: {connections:connection|connections} at {at}, available: {allowed}; "
        "minima, or floors still coming down, ask for more",
        "budget {budget} : {connections:connexion|connexions} le {at}, disponibles : {allowed} ; "
        "minima, ou planchers encore en descente, en demandent plus",
    ),
    "CalendarHole": (
        "no dates of {who} are published for {on}: weekdays there are planned as class days",
        "aucune date publiée pour {who} le {on} : ces jours ouvrés sont prévus comme jours de classe",
    ),
    # agenda: who differs
    "ForPlaces": ("in {places}", "dans {places}"),
    "ForLevels": ("for {levels}", "pour {levels}"),
    "ForBoth": ("for {levels} in {places}", "pour {levels} dans {places}"),
    "AndFor": ("{one}, {other}", "{one}, {other}"),
    "Departement": ("{codes}", "le département {codes}"),
    "Departements": ("{codes}", "les départements {codes}"),
    "DayButFor": ("{day}; {kind} {whom}", "{day} ; {kind} {whom}"),
    # terms of an explanation
    "TermAt": ("the minute explained", "la minute expliquée"),
    "TermDriver": ("the minute whose need asks for the floor", "la minute dont le besoin demande ce plancher"),
    "TermDay": ("{segment}: {why}", "{segment} : {why}"),
    "TermBusiest": (
        "{segment}: the busiest minute within {width} min of t*",
        "{segment} : la minute la plus chargée à {width} min près de t*",
    ),
    "TermUsers": ("{segment}: users, {role}", "{segment} : utilisateurs, {role}"),
    "TermShare": ("{segment}: share of {role} in session then", "{segment} : part des {role} en session alors"),
    "RolePupil": ("pupils", "élèves"),
    "RoleTeacher": ("teachers", "enseignants"),
    "RoleParent": ("parents", "parents"),
    "TermModifiers": ("{segment}: modifiers ({which})", "{segment} : modificateurs ({which})"),
    "ModifierEvent": ("event {name}", "événement {name}"),
    "ModifierBoost": ("boost", "renfort"),
    "ModifierOthers": (
        "others: midnight, preparation, an event that comes or goes",
        "autres : minuit, préparation, un événement qui commence ou finit",
    ),
    "ModifierNone": ("none", "aucun"),
    "TermExpectedSessions": ("{segment}: sessions expected", "{segment} : sessions attendues"),
    "TermSessionsThen": ("{segment}: sessions expected then", "{segment} : sessions attendues alors"),
    "TermSessionsNext": (
        "{segment}: sessions expected a minute later",
        "{segment} : sessions attendues une minute plus tard",
    ),
    "TermSessionLength": ("mean length of a session, minutes", "durée moyenne d'une session, minutes"),
    "TermExpectedLogins": (
        "{segment}: log-ins a minute expected, by Little's law",
        "{segment} : authentifications par minute attendues, loi de Little",
    ),
    "TermBand": ("{segment}: height of the band", "{segment} : hauteur de la marge"),
    "TermWeight": (
        "{segment}: how heavily such a day uses {workload}",
        "{segment} : poids d'un tel jour pour {workload}",
    ),
    "TermPlannedOn": ("{segment}: planned on", "{segment} : retenu pour le plan"),
    "TermSessions": ("sessions planned on", "sessions retenues pour le plan"),
    "TermLogins": ("log-ins a minute planned on", "authentifications par minute retenues pour le plan"),
    "TermLoginsSpread": (
        "the same when people may wait {wait} min, from the whole day's curve",
        "les mêmes, si l'on peut attendre {wait} min, d'après la courbe du jour",
    ),
    "TermSessionsLate": (
        "sessions, as people who waited come in while everything is at its limit",
        "sessions, quand entrent les personnes qui attendaient, tout étant à sa limite",
    ),
    "TermLoginsLate": (
        "log-ins a minute that are let in, as people who waited come in while everything is at its limit",
        "authentifications par minute admises, quand entrent les personnes qui attendaient, tout étant à sa limite",
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
        "authentifications par minute au pic du lundi ordinaire du modèle",
    ),
    "TermOrdinaryConnections": (
        "connections of the clients at the peak of an ordinary Monday",
        "connexions des clients au pic d'un lundi ordinaire",
    ),
    "TermOrdinaryReplicas": ("replicas then (ordinaryPeak)", "réplicas alors (ordinaryPeak)"),
    "TermOrdinaryUtilization": ("how busy they are then", "leur utilisation alors"),
    "TermCarriedSessions": ("sessions of one replica at 100 %", "sessions d'un réplica à 100 %"),
    "TermCarriedLogins": (
        "log-ins a minute of one replica at 100 %",
        "authentifications par minute d'un réplica à 100 %",
    ),
    "TermCarriedConnections": ("connections of one replica at 100 %", "connexions d'un réplica à 100 %"),
    "TermQuotient": ("before rounding up", "avant l'arrondi supérieur"),
    "TermNeedFor": ("replicas for it", "réplicas pour cela"),
    "TermNeed": ("the larger one", "le plus grand"),
    "TermLeft": (
        "replicas left of R(z) after the loss of {lost} of {domains} failure domains",
        "réplicas restants de R(z) avec {lost:domaine|domaines} de panne en moins sur {domains}",
    ),
    "TermNeedSpread": (
        "the fewest of which so many are left when failure domains are lost",
        "le minimum pour qu'il en reste autant si des domaines de panne tombent",
    ),
    "TermNoLimit": ("the most there can be; no maximum is known", "plafond par défaut ; aucun maximum connu"),
    "TermLimit": ("the maximum", "le maximum"),
    "TermLimitBudget": ("the maximum, or what the budget allows", "le maximum, ou ce que permet le budget"),
    "TermServed": ("need that is served", "besoin servi"),
    "TermStartup": ("start-up, minutes", "démarrage, minutes"),
    "TermWarmup": ("warm-up, minutes", "préchauffage, minutes"),
    "TermNodes": ("node start-up, minutes", "démarrage des nœuds, minutes"),
    "TermOwnLead": ("its own lead, minutes", "avance propre, minutes"),
    "TermChain": ("lead of workloads that come after it, minutes", "avance des workloads qui viennent après, minutes"),
    "TermBeforeOrdinary": ("readyBefore on ordinary days, minutes", "readyBefore des jours ordinaires, minutes"),
    "TermBeforeExceptional": (
        "readyBefore on exceptional days, minutes",
        "readyBefore des jours exceptionnels, minutes",
    ),
    "TermLead": ("lead, minutes", "avance, minutes"),
    "TermHold": ("hold, minutes", "maintien, minutes"),
    "TermDistance": ("minutes from t to t*", "minutes de t à t*"),
    "TermRise": ("still to be ramped up, {up} a minute", "reste à monter, {up} par minute"),
    "TermRiseInOrder": (
        "still to come: the StatefulSet's pods come one after the other, one every {every} min",
        "reste à venir : les pods du StatefulSet viennent l'un après l'autre, un toutes les {every} min",
    ),
    "TermFalling": (
        "minutes since the hold ended in which the floor may fall",
        "minutes depuis la fin du maintien où le plancher peut descendre",
    ),
    "TermDrop": ("ramped down already, {down} a minute", "déjà descendu, {down} par minute"),
    "TermMinimum": ("the minimum", "le minimum"),
    "TermWanted": ("the floor that needs no past", "le plancher, sans tenir compte du passé"),
    "TermRehearsed": (
        "what the rehearsal until {until} asks for, with ramp",
        "ce que demande la répétition jusqu'au {until}, montée et descente comprises",
    ),
    "TermAsked": ("the greater of the two", "le plus grand des deux"),
    "TermInEffect": ("floor in effect at {since}", "plancher en vigueur le {since}"),
    "TermElapsed": ("minutes since then", "minutes depuis"),
    "TermFallingSince": ("of them, minutes in which the floor may fall", "dont minutes où le plancher peut descendre"),
    "TermFloor": ("replicas asked for", "réplicas demandés"),
    # what the commands show: plan
    "PlanHead": (
        "{name}: {since} to {until} ({timezone})",
        "{name} : du {since} au {until} ({timezone})",
    ),
    "Notices": ("Take note", "À noter"),
    "NoNotices": (
        "Nothing to worry about: capacity and time suffice.",
        "Rien à signaler : la capacité et le temps suffisent.",
    ),
    "NoMaxima": (
        "No shortage was found, but no maximum is known for {workloads}: capacity was not checked there.",
        "Aucun manque trouvé, mais aucun maximum n'est connu pour {workloads} : la capacité n'y a pas été vérifiée.",
    ),
    "Time": ("time", "heure"),
    "Floor": ("replicas", "réplicas"),
    "Why": ("why", "pourquoi"),
    "DrivenRow": ("{need} at {at}; lead {lead} min", "{need} {at} ; avance {lead} min"),
    "HeldRow": ("{need} at {at}, held {hold} min", "{need} {at}, maintenu {hold} min"),
    "ClientsHead": (
        "connections of {clients}; lowered only at night",
        "connexions des clients {clients} ; abaissé la nuit seulement",
    ),
    "Date": ("date", "date"),
    "Kind": ("kind", "nature"),
    "PeakLine": ("peak: need {need} at {at}, floor {floor}", "pic : besoin de {need} le {at}, plancher {floor}"),
    "RangeLine": (
        "min {min}, max {max}, lead {ordinary} min ({exceptional} on exceptional days)",
        "min {min}, max {max}, avance {ordinary} min ({exceptional} les jours exceptionnels)",
    ),
    "NoMaximum": ("unknown", "inconnu"),
    "ShortLine": (
        "short of {replicas:replica|replicas} from {since} to {until}",
        "il manque {replicas:réplica|réplicas} du {since} au {until}",
    ),
    "Waits": ("Who waits", "Qui attend"),
    "Slots": ("Start slots", "Horaires échelonnés"),
    "SlotLine": (
        "{on}: {starts}; peak {spread:session|sessions} instead of {peak}",
        "{on} : {starts} ; pic de {spread:session|sessions} au lieu de {peak}",
    ),
    "SlotLater": ("{segment} {minutes} min later", "{segment} {minutes} min plus tard"),
    "SlotFirst": ("{segment} first", "{segment} d'abord"),
    "Cost": ("Cost", "Coût"),
    "CostLine": (
        "{hours:replica-hour|replica-hours}, {factor} times the same days of an ordinary week ({usual}); "
        "{peak:replica|replicas} at the peak",
        "{hours:heure-réplica|heures-réplica}, {factor} fois les mêmes jours d'une semaine ordinaire ({usual}) ; "
        "{peak:réplica|réplicas} au pic",
    ),
    "CostNodes": ("{nodes:node|nodes} at the peak", "{nodes:nœud|nœuds} au pic"),
    "CostRequests": (
        "{cpu:CPU-hour|CPU-hours}, {memory:GiB-hour|GiB-hours}",
        "{cpu:heure-CPU|heures-CPU}, {memory} Gio·h",
    ),
    "ChartReplicas": ("{workload}: replicas", "{workload} : réplicas"),
    "ChartSessions": ("sessions", "sessions"),
    "Need": ("need", "besoin"),
    "Maximum": ("maximum", "maximum"),
    "Expected": ("expected", "attendu"),
    "High": ("high", "haut"),
    # calendar
    "CalendarHead": (
        "{where}, {role}: {since} to {until}; known until {known}",
        "{where}, {role} : du {since} au {until} ; connu jusqu'au {known}",
    ),
    "CalendarHeadAsOf": (
        "{where}, {role}: {since} to {until}; known until {known}, as of {asOf}",
        "{where}, {role} : du {since} au {until} ; connu jusqu'au {known}, vu du {asOf}",
    ),
    "CalendarFolded": (
        "Weekends between equal days are not listed.",
        "Les week-ends entre deux jours identiques ne sont pas listés.",
    ),
    # explain
    "ExplainHead": (
        "{name}, {workload}: {floor:replica|replicas} at {at}",
        "{name}, {workload} : {floor:réplica|réplicas} le {at}",
    ),
    "PartDay": ("The day", "Le jour"),
    "PartDemand": ("Demand", "La demande"),
    "PartSizing": ("Replicas needed", "Les réplicas nécessaires"),
    "PartFloor": ("When they are asked for", "Quand ils sont demandés"),
    "Term": ("term", "terme"),
    "Value": ("value", "valeur"),
    "Formula": ("from", "calcul"),
    "Meaning": ("meaning", "sens"),
    # diff
    "DiffHead": ("What changes from {since} to {until}", "Ce qui change du {since} au {until}"),
    "DiffKnown": ("as known at {asOf}", "selon ce qui est connu le {asOf}"),
    "NoChange": ("No change: every floor stays as it was.", "Aucun changement : chaque plancher reste le même."),
    "Workload": ("workload", "workload"),
    "PeakNeed": ("peak need", "besoin au pic"),
    "PeakFloor": ("peak floor", "plancher au pic"),
    "Shortfall": ("shortfall", "manque"),
    "ReplicaHours": ("replica-hours", "heures-réplica"),
    "FirstChange": ("first change", "premier changement"),
    "ChangeAt": ("{at}: {change}", "{at} : {change}"),
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
    "WorkloadAdded": ("added", "ajouté"),
    "WorkloadRemoved": ("removed", "retiré"),
    "Unchanged": ("no change", "aucun changement"),
    # replay
    "ReplayHead": ("{title}, simulated, planOn {planOn}", "{title}, simulation, planOn {planOn}"),
    "CameDeviating": (
        "up to {percent} % more users than expected, up to {early} min earlier",
        "jusqu'à {percent} % d'utilisateurs de plus que prévu, jusqu'à {early} min plus tôt",
    ),
    "CameExpected": ("users exactly as expected", "exactement les utilisateurs attendus"),
    "CameMeasured": ("users as measured in {name}", "utilisateurs tels que mesurés dans {name}"),
    "SaturatedColumn": ("saturated min", "min saturées"),
    "RefusedColumn": ("refused user-min", "min-util. refusées"),
    "WaitColumn": ("longest wait", "attente max."),
    "ReplicaHoursColumn": ("replica-hours", "heures-réplica"),
    "PeakColumn": ("peak replicas", "pic de réplicas"),
    "LimitedColumn": ("limited by, from", "limité par, dès"),
    "NeverIn": ("not in at the end", "encore en attente à la fin"),
    "AsWell": (
        "As good here, for no more replica-hours: {names}",
        "Aussi bons ici, sans plus d'heures-réplica : {names}",
    ),
    "ContenderEntcapacity": ("our plan, HPA at 70 % above it", "notre plan, HPA à 70 % au-dessus"),
    "ContenderBare": ("our plan, nothing above it", "notre plan, rien au-dessus"),
    "ContenderHpa": ("HPA at 70 %", "HPA à 70 %"),
    "ContenderHpa50": ("HPA at 50 %", "HPA à 50 %"),
    "ContenderKedaCron": ("KEDA cron for an ordinary day, HPA at 70 %", "KEDA cron pour un jour ordinaire, HPA à 70 %"),
    "ContenderLastWeek": (
        "last week's need, HPA at 70 % above it",
        "le besoin de la semaine passée, HPA à 70 % au-dessus",
    ),
    "ContenderStaticMax": ("everything at its maximum", "tout au maximum"),
    "ContenderOptimum": ("our plan, knowing who comes", "notre plan, en sachant qui viendra"),
    "ContenderIdeal": ("always just what is needed, at 100 %", "à tout instant juste le besoin, à 100 %"),
    # pages and pictures
    "PagePlanTitle": ("{name}: what is asked for, and why", "{name} : ce qui est demandé, et pourquoi"),
    "PagePlanWhen": (
        "{since} to {until} ({timezone}), as known at {asOf}.",
        "Du {since} au {until} ({timezone}), selon ce qui est connu le {asOf}.",
    ),
    "PageReplayWhen": (
        "{since} to {until} ({timezone}), the same load for everybody.",
        "Du {since} au {until} ({timezone}), la même charge pour tous.",
    ),
    "PageSimulated": (
        "A simulation with {pupils:pupil|pupils}; HPA and KEDA are modelled after their documentation.",
        "Simulation avec {pupils:élève|élèves} ; HPA et KEDA sont modélisés d'après leur documentation.",
    ),
    "PageLoadDrawn": ("Load drawn from our model: {came}.", "Charge tirée au sort d'après notre modèle : {came}."),
    "PageLoadMeasured": ("Load: {came}.", "Charge : {came}."),
    "PageServed": ("Our plan turned nobody away.", "Notre plan n'a refusé personne."),
    "PageRefused": (
        "Our plan left people outside for {hours:person-hour|person-hours}, {wait}.",
        "Notre plan : {hours:heure cumulée|heures cumulées} d'attente, {wait}.",
    ),
    "PageRivalServed": ("{who}: nobody either.", "{who} : personne non plus."),
    "PageRivalRefused": (
        "{who}: people outside for {hours:person-hour|person-hours}, {wait}.",
        "{who} : {hours:heure cumulée|heures cumulées} d'attente, {wait}.",
    ),
    "PageLongest": ("{minutes} min at the longest", "{minutes} min au plus par personne"),
    "PageLimited": (
        "limited by {limitedBy} from {since} on",
        "limité par {limitedBy} à partir du {since}",
    ),
    "PageNeverIn": ("some of them to the end", "certains jusqu'à la fin"),
    "PagePictured": ("Shown: {on}, the day that tells the most.", "Ici le {on}, le jour qui en dit le plus."),
    "PageReplayTitle": ("Replay of {title}", "Rejeu : {title}"),
    "PageSpan": ("Show", "Montrer"),
    "PageWhole": ("everything", "tout"),
    "PageHours": ("Replica-hours: {all}.", "Heures-réplica : {all}."),
    "PageHoursOf": ("{hours} ({who})", "{hours} ({who})"),
    "PageCost": (
        "{hours:replica-hour|replica-hours}, {peak:replica|replicas} at the peak; "
        "the same days of an ordinary week take {usual}.",
        "{hours:heure-réplica|heures-réplica}, {peak:réplica|réplicas} au pic ; "
        "les mêmes jours d'une semaine ordinaire en prennent {usual}.",
    ),
    "PageAsWell": (
        "At least as good here, for no more replica-hours: {names}.",
        "Au moins aussi bons ici, sans plus d'heures-réplica : {names}.",
    ),
    "PageAnnounced": ("{name}, announced {at}", "{name}, annonce du {at}"),
    "PageWithdrawn": ("{name}, withdrawn {at}", "{name}, retirée le {at}"),
    "PageEvent": ("event {name}", "événement {name}"),
    "PageLost": ("{percent} % of the nodes lost", "{percent} % des nœuds perdus"),
    "PageFailing": ("{percent} % of new pods start twice", "{percent} % des nouveaux pods démarrent deux fois"),
    "PageFlood": ("requests × {times}, nobody behind them", "requêtes × {times}, sans personne derrière"),
    "PageAsOf": ("planned here", "plan établi ici"),
    "PageKnown": ("Known before: {news}.", "Connu avant : {news}."),
    "PagePeople": ("People online at once (sessions)", "Personnes en ligne simultanément (sessions)"),
    "PageReplicas": ("Replicas of {workload}", "Réplicas de {workload}"),
    "PageOutside": ("People outside, waiting to come in", "Personnes en attente d'accès"),
    "PageWaits": ("Wait of those who come then, in minutes", "Attente à l'arrivée, en minutes"),
    "PageChart": (
        "Curves over time: people online, replicas, people outside. Move along them with the arrow keys.",
        "Courbes dans le temps : personnes en ligne, réplicas, personnes en attente. À parcourir aux flèches du "
        "clavier.",
    ),
    "PageHint": (
        "Point at the curves, or use the arrow keys: the values, and why so many replicas.",
        "Survolez les courbes, ou utilisez les flèches du clavier : les valeurs, et pourquoi tant de réplicas.",
    ),
    "PageHowReplay": (
        "Grey: just enough replicas for the load. Wherever ready replicas are below it, people are turned away. Who is "
        "outside uses nothing, so an autoscaler may then lower what they do not reach.",
        "En gris : juste assez de réplicas pour la charge. Là où moins sont prêts, des gens sont refusés. Qui attend "
        "n'utilise rien : un autoscaler peut alors réduire ce qu'ils n'atteignent pas.",
    ),
    "PageHowPlan": (
        "Replicas are asked for early enough to be ready when they are needed, and given back slowly.",
        "Les réplicas sont demandés assez tôt pour être prêts quand il les faut, et rendus lentement.",
    ),
    "PageWorkload": ("Workload", "Workload"),
    "PageWhy": ("Why:", "Pourquoi :"),
    "PageCompare": ("Compare with", "Comparer avec"),
    "PageScores": ("Results compared", "Résultats comparés"),
    "PageContender": ("Strategy", "Stratégie"),
    "PageBest": (
        "Bold with a dot: the best in its column, of those who do not know the future.",
        "En gras avec un point : le meilleur de sa colonne, parmi ceux qui ne connaissent pas l'avenir.",
    ),
    "PageOrientation": ("For orientation: knowing the future", "À titre de repère : en connaissant l'avenir"),
    "PageSaturated": (
        "minutes in which some workload had more load than its ready replicas carry",
        "minutes où un workload recevait plus que ce que portent ses réplicas prêts",
    ),
    "PageRefusedMeans": (
        "minutes that people spent outside, summed over people",
        "minutes d'attente, additionnées sur toutes les personnes",
    ),
    "PageWaitMeans": ("the longest time anybody spent outside", "la plus longue attente d'une personne"),
    "PageHoursMeans": ("replicas asked for, summed over time", "réplicas demandés, additionnés dans le temps"),
    "PagePeakMeans": ("most replicas asked for at once", "le plus de réplicas demandés à la fois"),
    "PageInputs": ("Made from", "Établi à partir de"),
    "PageNoScript": (
        "The curves need JavaScript, which stands in this file; nothing is loaded from elsewhere.",
        "Les courbes demandent JavaScript, contenu dans ce fichier ; rien n'est chargé d'ailleurs.",
    ),
    "InputScenario": ("Scenario", "Scénario"),
    "InputCluster": ("Cluster", "Cluster"),
    "InputFiles": ("Files", "Fichiers"),
    "InputSources": ("Sources", "Sources"),
    "InputAsOf": ("As known at", "Connu le"),
    "InputPlanOn": ("planOn", "planOn"),
    "InputDeviation": ("Deviation, early, seed", "Écart, avance, graine"),
    "InputCame": ("Who came, measured", "Qui est venu, mesuré"),
    "InputWindow": ("Window", "Période"),
    "InputPoint": ("One point", "Un point"),
    "InputWorst": ("the worst of {minutes:minute|minutes}", "le pire cas sur {minutes:minute|minutes}"),
    "InputCalendar": ("School calendar", "Calendrier scolaire"),
    "InputVersion": ("Version", "Version"),
    "InputDrawing": ("Drawn by", "Dessiné par"),
    "CurveBand": ("may well come (low to high)", "fourchette (bas à haut)"),
    "CurveExpected": ("expected", "attendu"),
    "CurveSimulated": ("simulated", "simulé"),
    "CurveMeasured": ("measured", "mesuré"),
    "CurveLow": ("at least (low)", "au moins (bas)"),
    "CurveHigh": ("at most (high)", "au plus (haut)"),
    "CurveLogins": ("log-ins a minute expected", "authentifications par minute attendues"),
    "CurveTook": ("just enough", "juste suffisant"),
    "CurveNeed": ("planned need", "besoin prévu"),
    "CurveAsked": ("asked for (floor)", "demandé (plancher)"),
    "CurveReady": ("ready", "prêt"),
    "CurveReadyOf": ("ready: {name}", "prêt : {name}"),
    "CurveMaximum": ("maximum", "maximum"),
    "CurveShortfall": ("shortfall (need above maximum)", "manque (besoin au-delà du maximum)"),
    "CurveQueue": ("waiting", "en attente"),
    "CurveWait": ("wait", "attente"),
    "ShortEntcapacity": ("our plan", "notre plan"),
    "ShortHpa": ("HPA at 70 %", "HPA à 70 %"),
    "ShortHpa50": ("HPA at 50 %", "HPA à 50 %"),
    "ShortKedaCron": ("KEDA cron", "KEDA cron"),
    "ShortLastWeek": ("last week's need", "semaine passée"),
    "ShortStaticMax": ("all at maximum", "tout au maximum"),
    "ShortOptimum": ("knowing who comes", "en sachant qui viendra"),
    "ShortIdeal": ("ideal", "idéal"),
    # the operator: what its conditions say
    "Valid": ("the spec holds no mistake", "la spec ne contient pas d'erreur"),
    "Known": ("every day that is planned is known", "chaque jour planifié est connu"),
    "UpToDate": ("planned with all that is known", "planifié avec tout ce qui est connu"),
    "FloorsHold": ("every workload is asked for as planned", "chaque workload est demandé comme prévu"),
    "Sufficient": ("what is planned fits", "ce qui est prévu tient"),
    "AllWell": ("nothing to do", "rien à faire"),
    "NotPlanned": ("there is no plan yet", "il n'y a pas encore de plan"),
    "NotObserved": ("demand is not observed", "la demande n'est pas observée"),
    "AsPlanned": (
        "{sessions:session is|sessions are} seen, at most {high} were to be expected",
        "{sessions:session vue|sessions vues}, {high} au plus étaient attendues",
    ),
    "DemandAbovePlan": (
        "{sessions:session is|sessions are} seen where at most {high} were to be expected: set boost, or correct the "
        "audience",
        "{sessions:session vue|sessions vues} où {high} au plus étaient attendues : mettre boost, ou corriger "
        "l'audience",
    ),
    "QuotaShort": (
        "ResourceQuota {quota}: {missing} of {resource} are missing at {at}: raise it before then",
        "ResourceQuota {quota} : il manque {missing} de {resource} le {at} : à relever avant",
    ),
    "AllocatableShort": (
        "the nodes lack {missing} of {resource} at {at}: add some before then, or set nodes if they come by themselves",
        "il manque {missing} de {resource} aux nœuds le {at} : en ajouter avant, ou renseigner nodes s'ils viennent "
        "seuls",
    ),
    "PrometheusMissing": (
        "observed is set, but the operator runs without --prometheus: set it",
        "observed est renseigné, mais l'opérateur tourne sans --prometheus : à fixer",
    ),
    "ObservationFailed": (
        "Prometheus gives no answer, and nothing is lowered until {until}: {problem}",
        "Prometheus ne répond pas, et rien n'est abaissé jusqu'à {until} : {problem}",
    ),
    "Invalid": ("{problem}", "{problem}"),
    "TargetMissing": (
        "{workload}: there is no {target} in this namespace: create it, or name another one in target",
        "{workload} : pas de {target} dans ce namespace : à créer, ou en nommer un autre dans target",
    ),
    "TargetUnreadable": (
        "{workload}: {target} cannot be read or scaled, the others go on: {problem}",
        "{workload} : {target} ne peut être lu ou mis à l'échelle, les autres continuent : {problem}",
    ),
    "TargetTaken": (
        "{workload}: the older ENTCapacity {by} scales the same target: leave it out of one of the two",
        "{workload} : l'ENTCapacity {by}, plus ancienne, gère la même cible : à retirer de l'une des deux",
    ),
    "Ambiguous": (
        "{workload}: {names} scale it, and nothing is written while it is not plain which one counts: delete one",
        "{workload} : {names} le gèrent ; rien n'est écrit tant qu'on ne sait pas lequel compte : en supprimer un",
    ),
    "ScaledObjectUnknown": (
        "{workload}: KEDA's HPA {hpa} scales its target, but its ScaledObject is not known here; nothing is written: "
        "restart the operator if KEDA came after it, or let it read ScaledObjects; delete the HPA if KEDA is gone",
        "{workload} : le HPA {hpa} de KEDA gère sa cible, mais son ScaledObject est inconnu ici ; rien n'est écrit : "
        "redémarrer l'opérateur si KEDA est venu après, ou le laisser lire les ScaledObjects ; supprimer le HPA si "
        "KEDA n'est plus là",
    ),
    "DriverMissing": (
        "{workload}: there is no {driver} for its target: create it, or set driver to Auto",
        "{workload} : pas de {driver} pour sa cible : à créer, ou mettre driver à Auto",
    ),
    "DriverElsewhere": (
        "{workload}: driver is {driver}, but {there} scales its target and would undo what is written: set driver to "
        "Auto",
        "{workload} : driver vaut {driver}, mais {there} gère sa cible et déferait ce qui est écrit : mettre driver à "
        "Auto",
    ),
    "GitOpsOwned": (
        "{object}: {who} will put {field} back; {way}",
        "{object} : {who} remettra {field} ; {way}",
    ),
    "ApplyConflicts": (
        "{object}: {who} applies {field} on the server, and will fail with a conflict once a floor is held: leave the "
        "field out there, or apply with --force-conflicts",
        "{object} : {who} applique {field} côté serveur, et échouera par un conflit dès qu'un plancher est tenu : y "
        "retirer le champ, ou appliquer avec --force-conflicts",
    ),
    "ArgoSnippet": (
        "leave the field out of Git, or have it ignored: spec: {{syncPolicy: {{syncOptions: "
        "[RespectIgnoreDifferences=true]}}, ignoreDifferences: [{{group: {group}, kind: {kind}, name: {name}, "
        "jsonPointers: [/spec/{field}]}}]}}",
        "retirer le champ de Git, ou le faire ignorer : spec: {{syncPolicy: {{syncOptions: "
        "[RespectIgnoreDifferences=true]}}, ignoreDifferences: [{{group: {group}, kind: {kind}, name: {name}, "
        "jsonPointers: [/spec/{field}]}}]}}",
    ),
    "GitSnippet": (
        "leave spec.{field} of {kind} {name} out of Git",
        "retirer spec.{field} de {kind} {name} de Git",
    ),
    "CalendarUnreadable": (
        "calendar {calendar}: {problem}; its last good version, where there was one, stays in use",
        "calendrier {calendar} : {problem} ; sa dernière bonne version, s'il y en a eu une, reste en usage",
    ),
    "CalendarMissing": (
        "there is no SchoolCalendar {calendar}, which the audience names: create it",
        "pas de SchoolCalendar {calendar}, que l'audience nomme : à créer",
    ),
    "Holding": (
        "planned without what cannot be read: floors are raised, and nothing is lowered until it can be",
        "planifié sans ce qui ne peut être lu : les planchers montent, et rien n'est abaissé tant que c'est le cas",
    ),
    "PlanFailed": (
        "the plan failed, and what is there is held: {problem}",
        "le plan a échoué, et l'existant est maintenu : {problem}",
    ),
    "PassFailed": (
        "a pass failed, and what is there is held: {problem}",
        "une passe a échoué, et l'existant est maintenu : {problem}",
    ),
    "Observing": ("mode is Observe: nothing is written", "mode vaut Observe : rien n'est écrit"),
    "Suspended": (
        "suspended until {until}: floors are left as they are",
        "suspendue jusqu'à {until} : planchers figés",
    ),
    "ClockWentBack": (
        "the clock went back: nothing is lowered until it has caught up",
        "l'horloge a reculé : rien n'est abaissé jusqu'à ce qu'elle ait rattrapé",
    ),
    "Contested": (
        "{workload}: {by} keeps changing {field} of {object}: leave the field to us, or leave the workload out",
        "{workload} : {by} change sans cesse {field} de {object} : nous laisser le champ, ou retirer le workload",
    ),
    "WriteFailed": (
        "{workload}: {object} was not written, tried again: {problem}",
        "{workload} : {object} n'a pas été écrit, nouvel essai : {problem}",
    ),
    "HPABlind": (
        "{workload}: HPA {hpa} reads no metric ({why}): nothing above the floor reacts, and nothing comes down",
        "{workload} : le HPA {hpa} ne lit aucune métrique ({why}) : rien ne réagit au-dessus du plancher, rien ne "
        "redescend",
    ),
    "Stopped": (
        "{workload} stands at 0 replicas, which switches its autoscaler off: scale it to 1, or set min",
        "{workload} est à 0 réplica, ce qui arrête son autoscaler : le passer à 1, ou fixer min",
    ),
    "FloorIneffective": (
        "{workload}: {object} is paused or has an idle count, so that a floor has no effect: take that away",
        "{workload} : {object} est en pause ou a un idleReplicaCount, un plancher y est sans effet : à retirer",
    ),
    "NotReady": (
        "{workload}: {ready} of {due:replica|replicas} Ready that should be by now: look at its Pending pods, or if "
        "none is, at its autoscaler",
        "{workload} : {ready} Ready sur {due:réplica|réplicas} qui devraient l'être : voir ses pods Pending ou, sans "
        "eux, son autoscaler",
    ),
    "PlanNotPublished": (
        "the plan is not published: {problem}",
        "le plan n'est pas publié : {problem}",
    ),
    "ReplicasKept": (
        "{object} is let go and keeps its {replicas:replica|replicas}; before it had {former}",
        "{object} n'est plus géré et garde {replicas:réplica|réplicas} ; il en avait {former} avant",
    ),
    "MaximumKept": (
        "{object} is let go and keeps its maximum of {maximum}, since {replicas:replica runs|replicas run}; before it "
        "had {former}: set that again once no more run",
        "{object} n'est plus géré et garde son maximum de {maximum}, car {replicas:réplica tourne|réplicas tournent} ; "
        "il était de {former} avant : le remettre dès qu'il n'en tourne pas plus",
    ),
    "StillWaiting": (
        "{waiting:person waits|people wait} as observed.waiting has it, and floors stay above the plan until nobody "
        "does: if nobody waits in fact, repair the query",
        "{waiting:personne attend|personnes attendent} d'après observed.waiting, et les planchers restent au-dessus "
        "du plan jusqu'à ce qu'il n'y en ait plus : si personne n'attend en fait, corriger la requête",
    ),
    "NotGivenBack": (
        "its deletion waits: what it held cannot be given back, tried again: {problem}",
        "sa suppression attend : ce qu'elle tenait ne peut être rendu, nouvel essai : {problem}",
    ),
    "RollingOut": ("a rollout is in progress", "un déploiement est en cours"),
    # a rehearsal
    "RehearseHead": (
        "{name}: the floors of {day}, held until {until}",
        "{name} : les planchers du {day}, maintenus jusqu'au {until}",
    ),
    "RehearseCost": (
        "About {hours:replica-hour|replica-hours} more than without. The operator holds them, and lets go by itself "
        "even if this computer goes away.",
        "Environ {hours:heure-réplica|heures-réplica} de plus que sans. C'est l'opérateur qui les maintient, et il "
        "relâche tout seul, même si cet ordinateur s'arrête.",
    ),
    "RehearseAsk": ("Begin?", "Commencer ?"),
    "RehearseObserves": (
        "{name} has mode Observe, in which no floor is written: set mode to Enforce for the rehearsal",
        "{name} est en mode Observe, où aucun plancher n'est écrit : mettre mode à Enforce pour la répétition",
    ),
    "RehearseSuspended": (
        "{name} is suspended until {until}: take suspendUntil away first",
        "{name} est suspendue jusqu'au {until} : retirer d'abord suspendUntil",
    ),
    "RehearseRunning": (
        "a rehearsal of {name} runs until {until}: wait for its end, or take spec.rehearsal away",
        "une répétition de {name} est en cours jusqu'au {until} : attendre sa fin, ou retirer spec.rehearsal",
    ),
    "RehearseNoDay": (
        "no school day is known for {name} within {weeks} weeks: say which one with --day",
        "aucun jour de classe connu pour {name} d'ici {weeks} semaines : le donner avec --day",
    ),
    "RehearseOldKinds": (
        "the cluster's ENTCapacity knows no spec.rehearsal: upgrade the chart, with its CRDs",
        "l'ENTCapacity du cluster ne connaît pas spec.rehearsal : mettre à jour le chart, avec ses CRD",
    ),
    "RehearseNoOperator": (
        "no operator took it up within {seconds} s, and it was taken back: is one running, and does it watch this "
        "namespace?",
        "aucun opérateur ne l'a pris en compte en {seconds} s, et c'est retiré : y en a-t-il un qui tourne et "
        "surveille ce namespace ?",
    ),
    "RehearseNothing": (
        "{name} needs no replicas on {day}: choose another --day",
        "{name} n'a besoin d'aucun réplica le {day} : choisir un autre --day",
    ),
    "RehearseBefore": ("Ready now", "Ready maintenant"),
    "RehearseFloor": ("to hold", "à maintenir"),
    "RehearseHeld": ("floor", "plancher"),
    "RehearseReady": ("Ready", "Ready"),
    "RehearseAfter": ("Ready after", "Ready après"),
    "RehearseWhyNot": ("why not", "pourquoi pas"),
    "RehearseStuck": ("{pods:pod|pods}: {reason} {message}", "{pods:pod|pods} : {reason} {message}"),
    "RehearseNotMade": ("pods not made: {message}", "pods non créés : {message}"),
    "RehearseLower": (
        "the operator asks for {held} so far; where that stays, see the conditions of {name}",
        "l'opérateur demande {held} pour l'instant ; si cela reste, voir les conditions de {name}",
    ),
    "RehearseFewer": (
        "{object} asks for {replicas} of {held}",
        "{object} demande {replicas} sur {held}",
    ),
    "RehearseLost": ("was Ready after {after}, not at the end", "était Ready après {after}, plus à la fin"),
    "RehearseSeconds": ("{minutes} min {seconds} s", "{minutes} min {seconds} s"),
    "RehearseLeft": ("{left} left; Ctrl-C ends it", "encore {left} ; Ctrl-C y met fin"),
    "RehearseOver": (
        "Over: everything was Ready after {after}, and stayed so.",
        "Terminé : tout était Ready après {after}, et l'est resté.",
    ),
    "RehearseFailed": ("Over: not everything became Ready.", "Terminé : tout n'est pas devenu Ready."),
    "RehearseStopped": (
        "Stopped before its end: not everything was Ready yet.",
        "Arrêté avant la fin : tout n'était pas encore Ready.",
    ),
    "RehearseGivenBack": (
        "Given back: floors come down by {down} a minute.",
        "Rendu : les planchers redescendent de {down} par minute.",
    ),
    "RehearseNotGivenBack": (
        "not given back, it ends by itself at {until}: {problem}",
        "non rendu, cela se termine de soi-même le {until} : {problem}",
    ),
    # a first ENTCapacity
    "DraftHead": (
        "A first ENTCapacity of what namespace {namespace} held on {at}. Nothing was changed there. Figures that could "
        "not be seen are assumed, and say so: check it line by line.",
        "Une première ENTCapacity d'après ce que contenait le namespace {namespace} le {at}. Rien n'y a été changé. "
        "Les chiffres qui ne se voient pas sont supposés, et le disent : à vérifier ligne par ligne.",
    ),
    "DraftNext": (
        "Then: entcapacity validate {name}.yaml; entcapacity plan -f {name}.yaml; kubectl apply -f {name}.yaml",
        "Puis : entcapacity validate {name}.yaml ; entcapacity plan -f {name}.yaml ; kubectl apply -f {name}.yaml",
    ),
    "DraftNoMetrics": (
        "No metrics API answers here: how busy pods are now is not known.",
        "Aucune API de métriques ne répond ici : l'occupation actuelle des pods n'est pas connue.",
    ),
    "DraftUnread": (
        "{kind} could not be read, so that some may be missing here: {problem}",
        "{kind} : lecture impossible, il peut en manquer ici : {problem}",
    ),
    "DraftMode": (
        "plans and reports, writes nothing; Enforce once its plans have been right for some days",
        "planifie et rend compte, n'écrit rien ; Enforce quand ses plans auront été justes quelques jours",
    ),
    "DraftShares": (
        "with percent on each, if their shares are known",
        "avec percent pour chacun, si leurs parts sont connues",
    ),
    "DraftLevels": ("all of them: name those whom it serves", "tous : nommer ceux qu'il sert"),
    "DraftUsers": (
        "{field}: {users} are assumed, by the national ratio to pupils; if you know better, give the field",
        "{field} : {users} supposés, selon le rapport national aux élèves ; si vous savez mieux, renseigner le champ",
    ),
    "DraftSeen": (
        "{target}: {replicas:replica|replicas} now, {ready} Ready",
        "{target} : {replicas:réplica|réplicas} maintenant, {ready} Ready",
    ),
    "DraftSeenScaled": (
        "{seen}; scaled by {object}, {min} to {max}",
        "{seen} ; mis à l'échelle par {object}, de {min} à {max}",
    ),
    "DraftNoMaximum": ("no maximum of its own", "sans maximum propre"),
    "DraftUsage": (
        "CPU now: {used} cores in {pods:pod|pods} that request none",
        "CPU maintenant : {used} cœurs dans {pods:pod|pods} sans requests",
    ),
    "DraftUsageOf": (
        "CPU now: {used} of {requested} cores that {pods:pod requests|pods request}, {percent} %",
        "CPU maintenant : {used} des {requested} cœurs que {pods:pod demande|pods demandent}, {percent} %",
    ),
    "DraftPooler": (
        "a pooler: name {name} in the after of those that connect through it, with connections, and it follows them",
        "un pooler : nommer {name} dans le champ after de ceux qui passent par lui, avec connections, et il les suit",
    ),
    "DraftGitOps": (
        "{who} resets {object}: entcapacity will say how to have the field ignored",
        "{who} remet {object} : entcapacity dira comment faire ignorer le champ",
    ),
    "DraftLogins": (
        "by its name; Sessions is the default, Both the middle way",
        "d'après son nom ; Sessions est le défaut, Both l'entre-deux",
    ),
    "DraftPeakNow": (
        "as now: put what ran on an ordinary Monday at its peak",
        "comme maintenant : mettre ce qui tournait au pic d'un lundi ordinaire",
    ),
    "DraftPeakFixed": ("always as many: no autoscaler", "toujours autant : pas d'autoscaler"),
    "DraftPeakMost": (
        "at its maximum of {max} now: more may have been needed",
        "à son maximum de {max} maintenant : il en fallait peut-être plus",
    ),
    "DraftPeakHalf": (
        "assumed, half of its maximum of {max}, as it is at its minimum now: put what ran on an ordinary Monday",
        "supposé, moitié de son maximum de {max}, car il est à son minimum : mettre ce qui tournait un lundi ordinaire",
    ),
    "DraftPeakUnknown": (
        "as now, at its minimum: put what ran on an ordinary Monday at its peak",
        "comme maintenant, à son minimum : mettre ce qui tournait au pic d'un lundi ordinaire",
    ),
    "DraftBusyAim": ("what {object} aims at", "ce que vise {object}"),
    "DraftBusyAbove": (
        "utilizationPercent: {object} aims at {percent} % of requests, more than the field takes; 75 is assumed",
        "utilizationPercent : {object} vise {percent} % des requests, plus que le champ ne prend ; 75 est supposé",
    ),
    "DraftBusyUnknown": (
        "utilizationPercent: 75 is assumed; if they were less busy at that peak, give it",
        "utilizationPercent : 75 est supposé ; s'ils étaient moins occupés à ce pic, le renseigner",
    ),
    "DraftMaximum": (
        "assumed, {times} times that peak, since no autoscaler names one",
        "supposé, {times} fois ce pic, car aucun autoscaler n'en nomme",
    ),
    "DraftLeftOut": ("Left out:", "Laissés de côté :"),
    "DraftDaemonSet": ("{target}: as many as there are nodes", "{target} : autant que de nœuds"),
    "DraftTooMany": ("{target}: a spec holds {most} at most", "{target} : un spec en contient {most} au plus"),
    "DraftTaken": (
        "{target}: the ENTCapacity {name} scales it already",
        "{target} : l'ENTCapacity {name} le gère déjà",
    ),
    "DraftData": (
        "{target}: keeps data ({word}), more replicas carry no more users",
        "{target} : garde des données ({word}), plus de réplicas ne portent pas plus d'utilisateurs",
    ),
    "DraftAmbiguous": (
        "{target}: {names} scale it: delete one, then take it in",
        "{target} : {names} le gèrent : en supprimer un, puis l'ajouter",
    ),
    "DraftKeda": (
        "{target}: KEDA's HPA {hpa} scales it, and its ScaledObject could not be read: ask for that right, then draft "
        "anew",
        "{target} : le HPA {hpa} de KEDA le gère, et son ScaledObject n'a pu être lu : demander ce droit, puis "
        "recommencer",
    ),
    "DraftStopped": (
        "{target}: stands at 0 replicas",
        "{target} : à 0 réplica",
    ),
    "DraftOwned": (
        "{target}: belongs to {owner}, which would put its replicas back",
        "{target} : appartient à {owner}, qui remettrait ses réplicas",
    ),
    "DraftVolumes": (
        "{target}: each replica keeps a volume, and no autoscaler scales it",
        "{target} : chaque réplica garde un volume, et aucun autoscaler ne le gère",
    ),
    "DraftSingle": (
        "{target}: 1 replica and no autoscaler; take it in if more of it carry more users",
        "{target} : 1 réplica et pas d'autoscaler ; à ajouter si davantage portent plus d'utilisateurs",
    ),
    "DraftQueue": (
        "{target}: {scaler} follows a queue ({triggers}), not users",
        "{target} : {scaler} suit une file ({triggers}), pas les utilisateurs",
    ),
    "DraftOrphan": ("{scaler}: scales {target}, which is not there", "{scaler} : gère {target}, qui n'existe pas"),
    "DraftNothing": (
        "nothing in namespace {namespace} looks as if users needed more of it; left out: {why}",
        "rien dans le namespace {namespace} ne semble servir plus d'utilisateurs avec plus de réplicas ; laissés de "
        "côté : {why}",
    ),
    "DraftEmpty": (
        "namespace {namespace} holds no Deployment, StatefulSet or autoscaler: is it the right one?",
        "le namespace {namespace} ne contient ni Deployment, ni StatefulSet, ni autoscaler : est-ce le bon ?",
    ),
    "DraftWritten": (
        "{file}: {taken:workload|workloads} taken in, {left} left out",
        "{file} : {taken:workload pris|workloads pris}, {left} de côté",
    ),
    # what the commands may not read
    "NotRead": (
        "{kind}s of namespace {namespace} may not be read: bounds and floors that they hold are not known here",
        "les {kind}s du namespace {namespace} ne peuvent être lus : leurs bornes et planchers sont inconnus ici",
    ),
    "CalendarNotRead": (
        "calendar {calendar}: {problem}; planned without its file: name the operator's namespace with "
        "--operator-namespace if it is not {namespace}",
        "calendrier {calendar} : {problem} ; planifié sans son fichier : donner le namespace de l'opérateur par "
        "--operator-namespace si ce n'est pas {namespace}",
    ),
    "AnnouncementNotRead": (
        "SchoolAnnouncement {announcement} is left out, this version cannot read it: {problem}",
        "la SchoolAnnouncement {announcement} est laissée de côté, cette version ne peut la lire : {problem}",
    ),
    # how platforms stand
    "Platform": ("Platform", "Plateforme"),
    "Mode": ("Mode", "Mode"),
    "Today": ("Today", "Aujourd'hui"),
    "Sessions": ("Sessions", "Sessions"),
    "Ready": ("Ready", "Ready"),
    "NextChange": ("Next change", "Prochain changement"),
    "State": ("State", "État"),
    "NoPlatform": ("There is no ENTCapacity in any namespace.", "Il n'y a d'ENTCapacity dans aucun namespace."),
    "NoPlatformHere": (
        "There is no ENTCapacity in namespace {namespace}; -A shows those of all.",
        "Il n'y a pas d'ENTCapacity dans le namespace {namespace} ; -A montre celles de tous.",
    ),
    "NoOperator": (
        "no operator has said anything of it yet: is it running?",
        "aucun opérateur n'en a encore rien dit : tourne-t-il ?",
    ),
    "ChangeOverdue": (
        "its change of {at} is overdue: is the operator running?",
        "le changement de {at} est en retard : l'opérateur tourne-t-il ?",
    ),
    # what a change would do
    "ReadyBy": ("ready by", "prêt dès"),
    "TooLateMark": ("(too late)", "(trop tard)"),
    "NoLonger": ("no longer: {what}", "ne tient plus : {what}"),
    "ConcernsNobody": (
        "This changes nothing for any ENTCapacity that can be read here.",
        "Cela ne change rien pour aucune ENTCapacity lisible ici.",
    ),
    "NotConcerned": (
        "{count:platform is|platforms are} not concerned.",
        "{count:plateforme n'est pas concernée|plateformes ne sont pas concernées}.",
    ),
    "NotEverywhere": (
        "the ENTCapacities of other namespaces may not be read: what changes there is not shown",
        "les ENTCapacity des autres namespaces ne peuvent être lues : ce qui y change n'est pas montré",
    ),
    "NotShown": (
        "{platform} is not shown: {problem}",
        "{platform} n'est pas montrée : {problem}",
    ),
    "Note": ("note: {what}", "note : {what}"),
    "Says": ("{name}: {what}", "{name} : {what}"),
    "Asking": ("Apply?", "Appliquer ?"),
    "AskingIn": ("Apply in {contexts}?", "Appliquer dans {contexts} ?"),
    "Applied": ("{object} {what}", "{object} {what}"),
    "WasCreated": ("created", "créée"),
    "WasWithdrawn": ("withdrawn", "retirée"),
    "WasBoosted": ("boosted", "renforcée"),
    "WasReset": ("back to what is expected", "ramenée à ce qui est attendu"),
    "WouldBeCreated": ("would be created", "serait créée"),
    "WouldBeWithdrawn": ("would be withdrawn", "serait retirée"),
    "WouldBeBoosted": ("would be boosted", "serait renforcée"),
    "WouldBeReset": ("would be back to what is expected", "serait ramenée à ce qui est attendu"),
    "IsThereAlready": ("is there already", "existe déjà"),
    "Checked": ("dry run, nothing is written: {what}", "à blanc, rien n'est écrit : {what}"),
    "BeginsLongAgo": (
        "its first day, {first}, is {days} days before it is announced: is the year right?",
        "son premier jour, {first}, précède l'annonce de {days} jours : l'année est-elle la bonne ?",
    ),
    "NothingApplied": ("nothing was applied", "rien n'a été appliqué"),
    "NobodyToAsk": ("nobody can be asked here: --yes", "personne à qui demander ici : --yes"),
    "ReleaseAsk": (
        "Give back all that the operator of Lease {lease} holds, and take the Lease from it?",
        "Rendre tout ce que tient l'opérateur du Lease {lease}, et lui prendre ce Lease ?",
    ),
    "ChangesNothing": (
        "No change until {until}: every floor stays as it was.",
        "Aucun changement jusqu'au {until} : chaque plancher reste le même.",
    ),
    "PeaksStay": (
        "The peaks stay as they were; replica-hours: {hours}.",
        "Les pics restent les mêmes ; heures-réplica : {hours}.",
    ),
    "Observes": (
        "{platform} observes: no replica is raised",
        "{platform} observe seulement : aucun réplica n'est ajouté",
    ),
    "IsSuspended": (
        "{platform} is suspended until {until}: no replica is raised before",
        "{platform} est suspendue jusqu'au {until} : d'ici là, aucun réplica n'est ajouté",
    ),
    "BoostReplaced": (
        "replaces a boost of {percent} % until {until}",
        "remplace un renfort de {percent} % jusqu'au {until}",
    ),
    "NoBoost": ("{platform} has no boost", "{platform} n'a pas de renfort"),
    "BoostInGit": (
        "{platform} comes from Git by {who}, which may put spec.boost back: write it there, too (-o yaml prints it)",
        "{platform} vient de Git par {who}, qui peut remettre spec.boost : l'y écrire aussi (-o yaml l'affiche)",
    ),
}

"""Reasons: the same sentence in English and in French, from one code and its arguments."""

import re
from string import Formatter

import pytest

from entcapacity.reasons import listed, reason
from entcapacity.texts import TEXTS
from entcapacity.vocabulary import DayKind, Level, Role

CODES = sorted(TEXTS)


def _names(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", CODES)
def test_both_languages_name_the_same_values(code):
    english, french = TEXTS[code]
    assert _names(english) == _names(french)
    for value in (0, 1, 2):
        text = reason(code, **dict.fromkeys(_names(english), value))
        assert text.text("en")
        assert text.text("fr")


def test_a_log_in_and_a_connection_are_two_words_in_french_too():
    logins = {code for code, (english, _) in TEXTS.items() if re.search(r"\blog-ins?\b", english)}
    connections = {code for code, (english, _) in TEXTS.items() if re.search(r"\bconnections?\b", english)}
    assert {code for code, (_, french) in TEXTS.items() if "authentification" in french} == logins
    assert {code for code, (_, french) in TEXTS.items() if "connexion" in french} <= connections


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_a_word_in_camel_case(code):
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]+", code)


def test_a_reason_may_name_another():
    inner = reason("TermHoliday", name="Vacances de Noël")
    assert reason("OffDay", name=inner).text("fr") == "Vacances de Noël"


@pytest.mark.parametrize(
    ("most", "english", "french"),
    [
        (0, "0 replicas", "0 réplica"),
        (1, "1 replica", "1 réplica"),
        (2, "2 replicas", "2 réplicas"),
        (68_030, "68,030 replicas", "68\u202f030 réplicas"),
    ],
)
def test_a_number_has_its_thousands_apart_and_the_form_that_goes_with_it(most, english, french):
    line = reason("ShortLine", replicas=most, since="s", until="u")
    assert line.text("en") == f"short of {english} from s to u"
    assert line.text("fr") == f"il manque {french} du s au u"


@pytest.mark.parametrize(
    ("several", "english", "french"),
    [("A", "A", "A"), ("AB", "A and B", "A et B"), ("ABC", "A, B and C", "A, B et C")],
)
def test_words_in_a_row_are_joined_as_the_language_does(several, english, french):
    zones = reason("Zones", names=listed(list(several)))
    assert zones.text("en") == f"zones {english}"
    assert zones.text("fr") == f"les zones {french}"


@pytest.mark.parametrize(
    "code",
    [
        *(f"Kind{each}" for each in DayKind),
        *(f"Level{each}" for each in Level),
        *(f"Role{each}" for each in Role),
    ],
)
def test_every_kind_level_and_role_has_its_word(code):
    assert reason(code).text("fr") != code


def test_an_unknown_code_is_refused_where_it_is_made():
    with pytest.raises(KeyError):
        reason("NoSuchCode")

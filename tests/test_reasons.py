"""Reasons: the same sentence in English and in French, from one code and its arguments."""

import re
from string import Formatter

import pytest

from entcapacity import reasons
from entcapacity.reasons import reason

CODES = sorted(reasons._TEXTS)


def _names(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", CODES)
def test_both_languages_name_the_same_values(code):
    english, french = reasons._TEXTS[code]
    assert _names(english) == _names(french)
    text = reason(code, **dict.fromkeys(_names(english), "x"))
    assert text.text("en")
    assert text.text("fr")


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_a_word_in_camel_case(code):
    assert re.fullmatch(r"[A-Z][A-Za-z]+", code)


def test_a_reason_may_name_another():
    inner = reason("TermHoliday", name="Vacances de Noël")
    assert reason("OffDay", name=inner).text("fr") == "Vacances de Noël"


def test_an_unknown_code_is_refused_where_it_is_made():
    with pytest.raises(KeyError):
        reason("NoSuchCode")

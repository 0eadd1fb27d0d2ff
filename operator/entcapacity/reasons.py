"""Reason codes with arguments, and how they become sentences: ``texts.py`` has these, in English and French.

The core speaks in codes; only what people read is text, so that both languages say the same thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from entcapacity.texts import TEXTS

LANGUAGES: Final = ("en", "fr")
"""In the order in which ``TEXTS`` has them."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is as it is: a code and the values that its sentence names."""

    code: str
    args: tuple[tuple[str, Argument], ...] = ()

    def text(self, language: str = "en") -> str:
        """The sentence in ``language`` (``en`` or ``fr``)."""
        values = {name: _shown(value, language) for name, value in self.args}
        return TEXTS[self.code][LANGUAGES.index(language)].format_map(values)


Argument = str | int | Reason
"""What a sentence names: words, numbers, or another reason."""


def reason(code: str, /, **args: Argument) -> Reason:
    """A reason with its arguments; an unknown code is a programming error and raises ``KeyError`` here."""
    if code not in TEXTS:
        raise KeyError(code)
    return Reason(code, tuple(args.items()))


def listed(several: Sequence[Argument]) -> Argument:
    """Several words as one: ``A, B and C``."""
    *some, last = several
    return reason("And", one=joined(some), other=last) if some else last


def joined(several: Sequence[Argument]) -> Argument:
    """The same with commas only: ``A, B, C``."""
    return reduce(lambda one, other: reason("Comma", one=one, other=other), several)


def number(value: float, language: str) -> str:
    """A whole number with its thousands apart, as the language writes it."""
    return f"{value:,.0f}".replace(",", "\u202f" if language == "fr" else ",")


@dataclass(frozen=True, slots=True)
class _Number:
    """A number in a text; ``{replicas:replica|replicas}`` puts the form after it that goes with it."""

    value: int
    language: str

    def __format__(self, forms: str) -> str:
        written = number(self.value, self.language)
        if not forms:
            return written
        one, many = forms.split("|")
        singular = self.value < 2 if self.language == "fr" else self.value == 1
        return f"{written} {one if singular else many}"


def _shown(value: Argument, language: str) -> str | _Number:
    if isinstance(value, Reason):
        return value.text(language)
    return _Number(value, language) if isinstance(value, int) else value

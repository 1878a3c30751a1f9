"""Codes of languages, under which a catalogue's `label` names an indicator."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from riskmodel.errors import ConfigError

# ISO 639-1; of it only Kanuri (kr) is left out, since kr is what people write for Korean
_WRITTEN = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy "
    "da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu "
    "hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko ks ku kv kw ky la lb lg "
    "li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or "
    "os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta "
    "te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
TWO_LETTERS = frozenset(_WRITTEN.split())
# What is written for a language that has a shorter or another code: countries, names, ISO 639-2.
MEANT = {
    "kr": "ko",
    "kor": "ko",
    "korean": "ko",
    "eng": "en",
    "us": "en",
    "gb": "en",
    "english": "en",
    "jp": "ja",
    "jpn": "ja",
    "cn": "zh",
    "zho": "zh",
    "vn": "vi",
    "vie": "vi",
}
_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def check_languages(code: str, languages: Iterable[str]) -> None:
    """Refuse a name of an indicator under what is no code of a language.

    Examples
    --------
    >>> check_languages("debt", ["vi", "hmn", "zh-TW"])
    >>> check_languages("debt", ["kr"])
    Traceback (most recent call last):
        ...
    riskmodel.errors.ConfigError: label of indicator 'debt' names no language by 'kr'. Allowed: ...
    """
    for language in languages:
        if not _is_language(language):
            raise ConfigError(
                f"label of indicator {code!r} names no language by {language!r}",
                code="catalogue.language",
                allowed="codes of languages such as ko, en, vi, zh-TW (ISO 639: two letters, or "
                "three where a language has no two)",
                next_step=_advice(language),
            )


def _is_language(language: str) -> bool:
    if not isinstance(language, str) or not _CODE.fullmatch(language):
        return False
    first = language.split("-")[0]
    return first not in MEANT and (len(first) == 3 or first in TWO_LETTERS)


def _advice(language: object) -> str:
    written = str(language).lower()
    first = re.split(r"[-_ ]", written)[0]
    if first in TWO_LETTERS:
        return f"did you mean {first!r}?"
    near = get_close_matches(first, MEANT, n=1)
    return f"did you mean {MEANT[near[0]]!r}?" if near else "write the code of the language"

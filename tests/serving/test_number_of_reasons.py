"""`top` is 1, 2, 3, ...: anything else is refused at every door, in Python and in the reader."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from published_models import households

from mended import Note
from riskmodel.displays import BeeswarmDisplay, WaterfallDisplay
from riskmodel.errors import ConfigError
from riskmodel.explanation import explain, stability_of
from riskmodel.serving import ServingError

X = households(4)
DOORS: dict[str, Callable[[SimpleNamespace, object], object]] = {
    "Scorer.score": lambda p, top: p.scorer.score(X, top=top),
    "score_rows": lambda p, top: p.model.score_rows(X, top=top),
    "reasons": lambda p, top: explain(p.model, X).reasons(top=top),
    "stability_of": lambda p, top: stability_of(explain(p.model, X), explain(p.model, X), top),
    "beeswarm": lambda p, top: BeeswarmDisplay.from_explanation(explain(p.model, X), top),
    "waterfall": lambda p, top: WaterfallDisplay.from_explanation(explain(p.model, X)[0], top),
}


@pytest.mark.parametrize("top", [0, -1, 2.5, "3", True])
@pytest.mark.parametrize("name", DOORS)
def test_what_is_no_number_of_reasons_is_refused(
    published: dict[str, SimpleNamespace], name: str, top: object, mended: Note
) -> None:
    with pytest.raises((ConfigError, ServingError), match=r"top is .* Allowed: 1, 2, 3") as refusal:
        DOORS[name](published["logistic"], top)
    assert refusal.value.code == "models.top"
    mended(
        "reasons",
        tried=f"{name}, top={top!r}",
        before="unchecked in reader, stability and pictures: 0 told nothing, 2.5 a TypeError",
        now=refusal.value.code,
    )


@pytest.mark.parametrize("top", [1, np.int64(2)])
def test_whole_numbers_of_any_make_are_read(
    published: dict[str, SimpleNamespace], top: int
) -> None:
    for door in DOORS.values():
        door(published["logistic"], top)
    reasons = published["logistic"].scorer.score(X, top=top)["reasons"]
    assert max(map(len, reasons)) <= top


@pytest.mark.parametrize("lang", ["fr", "", ["en"]])
def test_what_is_no_language_is_refused(
    published: dict[str, SimpleNamespace], lang: object
) -> None:
    with pytest.raises(ServingError, match="unknown language") as refusal:
        published["logistic"].scorer.score(X, lang=lang)
    assert refusal.value.code == "serving.lang"
    with pytest.raises(ConfigError, match="unknown language") as refused:
        published["logistic"].model.score_rows(X, lang=lang)
    assert refused.value.code == "models.lang"

"""Gates on how a version came to be judged: its questions, who promotes, how often it was asked."""

from __future__ import annotations

import numpy as np

from riskmodel.registry.gates.gate import Evidence, Finding, Gate, Range, Refusal, Verdict
from riskmodel.texts import counted, plain_word

NOT_ASKED = "the card holds no questions about leaks: it was written before there were any"
NOBODY_NAMED = "who published it was not written down"
OPEN_QUESTIONS = Refusal(
    code="promote.leaks",
    allowed="a card of which every question about leaks is answered",
    next_step="look at evaluation.leaks, and answer each by an override of gate leak_questions "
    "with its reason, or publish without the column",
)
SAME_PERSON = Refusal(
    code="promote.same_person",
    allowed="a version that somebody else published",
    next_step="let somebody else promote it, or state an override and its reason",
)
ASKED_OFTEN = Refusal(
    code="promote.asked_often",
    allowed="outcomes on which fewer versions were judged before: the best of many is called "
    "better by chance",
    next_step="wait for a new round with mature labels, or state an override and its reason",
)


def few_questions(evidence: Evidence, threshold: float) -> Finding:
    """Check that the card holds no more questions about leaks than the threshold."""
    questions = evidence.conduct.questions
    if questions is None:
        return Finding(np.nan, Verdict.TOO_FEW, (NOT_ASKED,), (NOT_ASKED,))
    words = f"{counted(questions, 'question')} about leaks on the card"
    return _finding(questions, words, passes=questions <= threshold)


def another_promotes(evidence: Evidence, threshold: float) -> Finding:
    """Check that at least so many people took part: who published and who promotes.

    Two people have two names. Names are what callers state; where none was stated at publishing, it
    is the account. Where a server named the user both times, they have two users as well, which
    nobody can state. Elsewhere it keeps an honest office from forgetting, and stops nobody who
    lies.
    """
    conduct = evidence.conduct
    published, promoted = conduct.published_by, conduct.promoted_by
    if not published:
        return Finding(np.nan, Verdict.TOO_FEW, (NOBODY_NAMED,), (NOBODY_NAMED,))
    users = conduct.published_as, conduct.promoted_as
    is_one_user = users[0] == users[1] != ""
    own_names = {_person(promoted), _person(conduct.account)}
    people = 1 if is_one_user or _person(published) in own_names else 2
    words = f"published by {_named(published, users[0])}, promoted by {_named(promoted, users[1])}"
    return _finding(people, words, passes=people >= threshold)


def _named(name: str, user: str) -> str:
    """Return a stated name, with the user where a server named another."""
    return f"{name} (user {user})" if user not in ("", name) else name


def _person(name: str) -> str:
    """Return a name by which spellings of one are equal."""
    return plain_word(name).casefold()


def asked_seldom(evidence: Evidence, threshold: float) -> Finding:
    """Check that no more other versions of the name were judged on the same outcomes before."""
    before = evidence.conduct.asked_before
    versions = counted(before, "other version") if before else "no other version"
    words = f"{versions} {'were' if before > 1 else 'was'} judged on these outcomes before"
    return _finding(before, words, passes=before <= threshold)


def _finding(figure: int, words: str, *, passes: bool) -> Finding:
    verdict = Verdict.PASS if passes else Verdict.REFUSE
    return Finding(float(figure), verdict, (words,), () if passes else (words,))


_COUNT = Range(0, is_whole=True)
QUESTIONS = Gate(
    name="leak_questions",
    checks="the card holds no more questions about leaks than this",
    threshold=None,
    check=few_questions,
    refusals={Verdict.REFUSE: OPEN_QUESTIONS, Verdict.TOO_FEW: OPEN_QUESTIONS},
    allowed=_COUNT,
)
PEOPLE = Gate(
    name="people",
    checks="at least so many people publish and promote a version",
    threshold=None,
    check=another_promotes,
    refusals={Verdict.REFUSE: SAME_PERSON, Verdict.TOO_FEW: SAME_PERSON},
    allowed=Range(1, 2, is_whole=True),
)
ASKED = Gate(
    name="asked_before",
    checks="no more other versions of the name were judged on the same outcomes before than this",
    threshold=20.0,
    check=asked_seldom,
    refusals={Verdict.REFUSE: ASKED_OFTEN},
    allowed=_COUNT,
)

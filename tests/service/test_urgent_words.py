"""The words by which urgent signs are found: those of offices, and no everyday ones."""

from __future__ import annotations

import unicodedata

import pytest

from riskmodel.records.service_words import SIGNS, URGENT
from riskmodel.service.sheets.book_words import title, urgent_in
from riskmodel.serving import LANGUAGES

SAID = {
    "suicide": [
        *["자살을 말함", "죽고 싶다고 함", "죽고싶대요", "극단적 선택을 암시", "번개탄을 사 둠"],
        *["손목 자해 흔적"],
        *["목을 매려 했다고 함", "목매", "목숨을 끊겠다고", "살기 싫다고 함"],
        *["혼자 살기 싫다", "혼자살기싫다"],
        *["농약을 곁에 둠", "유서가 있음", "투신하겠다고 함", "살기\n싫음"],
        *["said he would kill  himself", "self-harm", "an overdose", "Wants to die"],
    ],
    "violence": [
        *["폭행을 당함", "노인학대 의심", "아동 학대", "구타 흔적", "남편에게 맞았음"],
        *["어제 맞았다고 함"],
        *["남편이 때린다고", "때렸다고 함", "자꾸 때리는 소리", "was beaten"],
        *["he hits her", "abuse", "an assault"],
    ],
    "fire": [
        *["지난달 불이 났음", "불났음", "가스 냄새가 심함", "가스누출", "방화 위협"],
        *["a gas leak", "Smell of gas", "the kitchen is burnt"],
    ],
}  # fmt: skip
EVERYDAY = [
    *["혼자 살고 있음", "혼자살고 있음", "환자 해외 체류", "지원 대상자 해당 없음"],
    *["대상자해당없음"],
    *["다른 가구 타지역 전출", "대학 대출 상담", "사유서 제출", "문화재 관리인"],
    *["방화문 수리", "이불 난방 지원"],
    *["주소가 맞음", "형편에 맞는 지원", "불이 나감", "독감 주사를 맞았다고 함", "과목 매주 변경"],
    *["건강; 생활비; 일자리", "was fired in May", "burnt out", "bus hits traffic"],
]  # fmt: skip


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("sign", URGENT)
def test_a_sign_is_found_in_the_words_of_offices(sign: str, form: str) -> None:
    found = {text: urgent_in(unicodedata.normalize(form, text)) for text in SAID[sign]}  # type: ignore[arg-type]
    assert found == {text: [sign] for text in SAID[sign]}


def test_everyday_words_that_look_alike_are_no_signs() -> None:
    assert {text: urgent_in(text) for text in EVERYDAY} == {text: [] for text in EVERYDAY}


def test_of_several_signs_each_is_found() -> None:
    assert urgent_in("남편이 때리고 불이 났고 죽고 싶다고 함") == list(URGENT)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_sign_is_found_by_its_own_title_and_no_answer_of_a_drop_down_is_one(lang: str) -> None:
    language = LANGUAGES[lang]
    titles = {sign: urgent_in(title(sign, language)) for sign in SIGNS}
    assert titles == {sign: [sign] if sign in URGENT else [] for sign in SIGNS}
    known = [*language.contacts.values(), language.sheets["met"]]
    known += [language.review["yes"], language.review["no"]]
    known += [text for texts in language.also.values() for text in texts.split(";")]
    assert {text: urgent_in(text) for text in known} == {text: [] for text in known}


def test_a_denied_sign_goes_to_a_human_all_the_same() -> None:
    assert urgent_in("자살 징후 없음") == ["suicide"]

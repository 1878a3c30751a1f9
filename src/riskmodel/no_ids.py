"""What stands in a column of ids where there is no id."""

from __future__ import annotations

FAILED = ("#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "#spill!", "#calc!")
"""What spreadsheets write where a formula failed, or where a number is no date."""
BLANKS_IN_WORDS = (
    *("", "nan", "nat", "null", "none", "<na>", "n/a", ".", "-", "--", "---", "\u2013", "\u2014"),
    *FAILED,
)
"""What programs and spreadsheets write for a blank, and where a formula failed."""
_UNKNOWN = (
    *("unknown", "?", "미상", "불명", "불상", "모름", "없음", "무", "공란", "미기재", "미입력"),
    *("확인불가", "확인 불가", "해당없음", "해당 없음", "정보없음", "정보 없음"),
    *("알수없음", "알 수 없음", "알수 없음"),
)
_IN_BRACKETS = tuple(f"({word})" for word in ("null", "none", *_UNKNOWN))
NO_IDS = (*BLANKS_IN_WORDS, *_UNKNOWN, *_IN_BRACKETS)
"""The words that say that there is no id or no code; an area or a stratum may be called so."""
ONLY_ZEROS = r"00+(\.0+)?"
"""What systems write for an id that was never given; one zero may be the first of some numbers."""

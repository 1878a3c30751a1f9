"""With several processes, one runs all tests of a file, so that they share what they fit."""

from __future__ import annotations

import pytest

RAN: list[str] = []


@pytest.mark.parametrize("number", range(6))
def test_all_tests_of_a_file_run_in_one_process(
    request: pytest.FixtureRequest, number: int
) -> None:
    RAN.append(request.node.nodeid)
    of_file = [item.nodeid for item in request.session.items if item.path == request.node.path]
    assert of_file[: len(RAN)] == RAN

"""Names, and the sessions that sessions require."""

from __future__ import annotations

import json

import pytest

from noxlock.definitions import load_definitions
from noxlock.errors import DefinitionError

HEAD = "environments: {cpu: {pypi: poetry.lock}}\n"


MORE_CHECKS = "\nchecks: {c: {environment: cpu, run: 'x {outputs}', outputs: {a: {}}}}"


@pytest.mark.parametrize(
    ("requires", "more", "message", "hint"),
    [
        (
            {"a": ["bb"], "bbb": []},
            "",
            (
                "a.yml:2: sessions.a.requires[0]: unknown session `bb`; known: a-3,"
                " bbb, bbb-3, docs"
            ),
            "did you mean `bbb`?",
        ),
        (
            {"a": ["zzz"]},
            "",
            "a.yml:2: sessions.a.requires[0]: unknown session `zzz`; known: a-3, docs",
            "a session written by hand must stand above what requires it",
        ),
        (
            {"a": ["b"], "b": ["docs", "c-3"], "c": ["a"]},
            "",
            (
                "a.yml:2: sessions.a.requires: sessions require each other: a -> b -> c"
                " -> a"
            ),
            None,
        ),
        (
            {"a": ["a"]},
            "",
            "a.yml:2: sessions.a.requires: sessions require each other: a -> a",
            None,
        ),
        (
            {"repro": []},
            MORE_CHECKS,
            (
                "a.yml:2: sessions.repro: `repro` is the session that runs the declared"
                " checks"
            ),
            "choose another name",
        ),
        (
            {"lock": []},
            "\nlocks: {poetry.lock: {}}",
            (
                "a.yml:2: sessions.lock: `lock` is the session that runs the declared"
                " locks"
            ),
            "choose another name",
        ),
        (
            {},
            "\nlocks: {../poetry.lock: {}}",
            'a.yml:3: locks."../poetry.lock": `../poetry.lock` leaves its folder',
            "name it relative to the project's folder",
        ),
    ],
)
def test_names_and_what_they_require(
    requires: dict[str, list[str]], more: str, message: str, hint: str | None
) -> None:
    with pytest.raises(DefinitionError) as caught:
        load_definitions({"a.yml": sessions(requires, more)}, others=["docs"])

    assert str(caught.value) == message
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("requires", "more"),
    [
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, ""),
        ({"a": ["docs", "a-{python}"]}, ""),
        ({"a": ["repro", "repro(c)"]}, MORE_CHECKS),
        ({"lock": [], "repro": []}, ""),
    ],
)
def test_what_may_be_required(requires: dict[str, list[str]], more: str) -> None:
    load_definitions({"a.yml": sessions(requires, more)}, others=["docs"])


def sessions(requires: dict[str, list[str]], more: str) -> bytes:
    declared = {
        name: {"environment": "cpu", "run": "x", "requires": required}
        for name, required in requires.items()
    }
    return f"{HEAD}sessions: {json.dumps(declared)}{more}".encode()


def test_what_is_required_is_not_judged_before_all_sessions_are_known() -> None:
    text = HEAD + "sessions: {a: {environment: cpu, run: x, requires: [zzz]}}"

    load_definitions({"a.yml": text.encode()}, others=None)

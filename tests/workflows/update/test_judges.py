"""Which checks and sessions judge a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from noxlock.errors import DefinitionError
from noxlock.model import Check, Definitions, Environment, Gpu, Session
from noxlock.model.update import JudgeKind
from noxlock.workflows.project import Project
from noxlock.workflows.update.judges import Judges, find_judges
from noxlock.workflows.update.options import UpdateOptions

if TYPE_CHECKING:
    from pathlib import Path


def judges(root: Path, options: UpdateOptions | None = None, **declared: Any) -> Judges:  # noqa: ANN401 - definitions
    cpu = Environment(pypi="poetry.lock", python=("3.11", "3.12"))
    one = Environment(pypi="poetry.lock", python="3.11")
    definitions = Definitions(environments={"cpu": cpu, "one": one}, **declared)
    project = Project.open(root, definitions)
    environ = {"PATH": ""}
    options = options or UpdateOptions()
    return find_judges(project, options, root / ".nox", environ)


def session(**changes: Any) -> Session:  # noqa: ANN401 - fields
    known: dict[str, Any] = {"environment": "one", "run": "pytest {posargs:-q} '{{}}'"}
    return Session(**(known | changes))


def test_a_session_is_a_judge_for_each_python_with_its_defaults(
    tmp_path: Path,
) -> None:
    found = judges(
        tmp_path,
        sessions={"test": session(environment="cpu", env={"A": "1"}, directory="sub")},
    )

    first, second = found.judges
    assert (first.name, first.python) == ("test-3.11", "3.11")
    assert (second.key, second.python) == ("session-test-3.12", "3.12")
    assert first.check.run == ("pytest -q '{{}}'",)
    assert first.check.env == {"A": "1"}
    assert first.root == tmp_path / "sub"
    assert first.profile.changes({}) == {}


def test_those_of_a_bare_nox_judge_where_none_has_the_tag(tmp_path: Path) -> None:
    both = {"a": session(), "b": session(default=False)}

    assert [each.name for each in judges(tmp_path, sessions=both).judges] == ["a"]

    both["b"] = session(default=False, tags=("update",), allow_parallel=False)
    (found,) = judges(tmp_path, sessions=both).judges
    assert (found.name, found.alone) == ("b", True)


def test_a_check_without_a_baseline_has_no_say(tmp_path: Path) -> None:
    check = Check(environment="one", run="x {outputs}", outputs={})

    found = judges(tmp_path, sessions={"a": session()}, checks={"c": check})

    assert [each.name for each in found.judges] == ["a"]
    ((name, kind, why),) = found.silent
    assert (name, kind) == ("c", JudgeKind.CHECK)
    assert 'nox -s "repro(c)" -- --accept' in why


def test_where_nothing_judges_that_is_an_error(tmp_path: Path) -> None:
    check = Check(environment="one", run="x {outputs}", outputs={})

    with pytest.raises(DefinitionError, match="nothing says whether a lock is good"):
        judges(tmp_path)
    with pytest.raises(DefinitionError, match="c: it has no baseline"):
        judges(tmp_path, checks={"c": check})
    with pytest.raises(DefinitionError, match="nothing says"):
        judges(tmp_path, UpdateOptions(sessions=False), sessions={"a": session()})


def test_only_those_that_are_named_judge(tmp_path: Path) -> None:
    both = {"a": session(), "b": session(default=False)}

    found = judges(tmp_path, UpdateOptions(only=("b",)), sessions=both)

    assert [each.name for each in found.judges] == ["b"]
    with pytest.raises(DefinitionError) as caught:
        judges(tmp_path, UpdateOptions(only=("x",)), sessions=both)
    assert caught.value.hint == "there are: a, b"


def test_what_needs_a_gpu_has_no_say_without(tmp_path: Path) -> None:
    both = {"a": session(), "g": session(gpu=Gpu.SKIP), "h": session(gpu=Gpu.REQUIRE)}

    found = judges(tmp_path, sessions=both)

    whys = {name: why for name, _, why in found.silent}
    if not whys:
        pytest.skip("there is a GPU")
    assert whys["g"].startswith("no GPU: ")
    assert whys["h"].startswith("it requires a GPU: ")

"""Which releases lie between two versions, as a real index on loopback has them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest
from msgspec import structs

from noxlock.errors import FetchError
from noxlock.index.client import IndexClient
from noxlock.model import (
    ArchiveSource,
    GroupName,
    IndexSource,
    Kind,
    PlannedPackage,
)
from noxlock.search import Candidate, Change, Layer
from noxlock.store.store import Store
from noxlock.workflows.culprit.metadata import read_metadata
from noxlock.workflows.culprit.releases import find_releases
from noxlock.workflows.supply import Supplies
from support.culprit import a_plan
from support.fetching import LINUX, asking, digest, planned
from support.index_server import serve_index
from support.wheels import make_sdist, make_wheel
from support.workshop import Talk

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.index.settings import IndexSettings
    from noxlock.model import Plan

Style: TypeAlias = Literal["html", "json"]


def end(filename: str, **other: Any) -> Candidate:  # noqa: ANN401 - of the package
    """Return one end of a change, as a lock has it."""
    package = planned(filename, b"", groups=(GroupName("main"),))
    package = structs.replace(package, **other)
    return Candidate(version=package.version, identity=filename, package=package)


def a_change(
    old: str = "demo-1.0-py3-none-any.whl",
    new: str = "demo-2.0-py3-none-any.whl",
    **other: Any,  # noqa: ANN401 - of the package
) -> Change:
    """Return a change from one file to another."""
    return Change(name="demo", old=end(old, **other), new=end(new, **other))


@dataclass
class Asker:
    """Asks for releases as a search does, each time as a new process."""

    tmp: Path
    talk: Talk = field(default_factory=Talk)

    def supplies(self, settings: IndexSettings, *, offline: bool = False) -> Supplies:
        """Return the real parts."""
        return Supplies(
            store=Store(self.tmp / "cache"),
            index=IndexClient(settings, progress=self.talk),
            progress=self.talk,
            offline=offline,
            environ={},
        )

    def __call__(
        self,
        settings: IndexSettings,
        change: Change | None = None,
        plan: Plan | None = None,
        *,
        offline: bool = False,
    ) -> tuple[Candidate, ...]:
        """Return the releases."""
        return find_releases(
            change or a_change(),
            plan or a_plan(),
            self.supplies(settings, offline=offline),
            base=self.tmp,
        )


@pytest.fixture
def ask(tmp_path: Path) -> Asker:
    """Return what asks for releases."""
    return Asker(tmp_path)


def wheels(*versions: str, **options: Any) -> dict[str, bytes]:  # noqa: ANN401 - of make_wheel
    """Return small wheels of `demo`."""
    return dict(make_wheel("demo", version, **options) for version in versions)


def versions(found: tuple[Candidate, ...]) -> list[str | None]:
    """Return the versions, in their order."""
    return [each.version for each in found]


def fully(candidate: Candidate) -> PlannedPackage:
    """Return the package of a release."""
    assert isinstance(candidate.package, PlannedPackage)
    return candidate.package


@pytest.mark.parametrize("style", ["html", "json"])
def test_the_releases_between_come_in_their_order(ask: Asker, style: Style) -> None:
    files = wheels("0.9", "1.0", "1.10", "1.9", "1.9.post1", "2.0rc1", "2.0", "2.1")
    wheel, data = make_wheel("demo", "1.5", requires=["six<2"], requires_python=">=3.8")
    with serve_index(files | {wheel: data}, style=style) as server:
        found = ask(asking(server.url))
        back = ask(
            asking(server.url),
            a_change("demo-2.0-py3-none-any.whl", "demo-1.0-py3-none-any.whl"),
        )
    assert versions(found) == ["1.5", "1.9", "1.9.post1", "1.10"]
    assert versions(back) == versions(found)[::-1]
    assert found[0] == Candidate(
        version="1.5",
        identity=digest(data),
        requirements=("six<2",),
        requires_python=">=3.8",
        wheel=wheel,
        provides=("demo",),
        package=PlannedPackage(
            name=fully(found[0]).name,
            version="1.5",
            kind=Kind.WHEEL,
            artifact=wheel,
            url=server.file_url(wheel),
            sha256=digest(data),
            groups=(GroupName("main"),),
            source=IndexSource(),
        ),
    )


@pytest.mark.parametrize("style", ["html", "json"])
def test_what_cannot_be_taken_is_left_out(ask: Asker, style: Style) -> None:
    files = wheels("1.1", "1.2", "1.3", "1.4")
    files |= wheels("1.5", tag="cp312-cp312-manylinux_2_17_x86_64")
    files |= wheels("1.6", tag="cp311-cp311-win_amd64")
    files |= wheels("1.7", tag="cp311-cp311-manylinux_2_17_x86_64")
    files |= dict([make_sdist("demo", "1.8")])
    yanked, old, new, broken = (f"demo-1.{n}-py3-none-any.whl" for n in (1, 2, 3, 4))
    pythons = {old: "<3.11", new: ">=3.11.7", broken: "whatever"}
    with serve_index(
        files, style=style, yanked=(yanked,), requires_python=pythons
    ) as server:
        found = ask(asking(server.url))
    assert versions(found) == ["1.3", "1.4", "1.7"]
    assert [each.requires_python for each in found] == [">=3.11.7", "whatever", None]


def test_the_best_wheel_of_a_release_is_taken(ask: Asker) -> None:
    best = "demo-1.5-cp311-cp311-manylinux_2_17_x86_64.whl"
    files = wheels("1.5") | wheels("1.5", tag="cp311-cp311-manylinux_2_17_x86_64")
    with serve_index(files) as server:
        (found,) = ask(asking(server.url))
    assert found.wheel == best


def test_a_page_without_sha256_gives_nothing(ask: Asker) -> None:
    with serve_index(wheels("1.5"), page_hash="none") as server:
        assert ask(asking(server.url)) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1.0", "2.0", ["1.5"]),
        ("1.0a1", "2.0", ["1.0", "1.5", "2.0rc1"]),
        ("1.5", "2.0rc1", ["1.6.dev1"]),
        ("1.0+cpu", "2.0+cpu", ["1.5+cpu"]),
        ("1.0+cpu", "2.0", ["1.5"]),
        ("1.0", "1.0+cpu", []),
    ],
)
def test_pre_releases_and_local_versions(
    ask: Asker, old: str, new: str, expected: list[str]
) -> None:
    listed = ["1.0a1", "1.0", "1.5", "1.6.dev1", "2.0rc1", "2.0"]
    files = wheels(*listed, "1.5+cpu", "1.5+cu118")
    if old == "1.0a1":
        del files["demo-1.6.dev1-py3-none-any.whl"]
    ends = [f"demo-{version}-py3-none-any.whl" for version in (old, new)]
    with serve_index(files) as server:
        assert versions(ask(asking(server.url), a_change(*ends))) == expected


def test_a_source_is_in_only_where_an_end_is_one(ask: Asker) -> None:
    name, data = make_sdist("demo", "1.5")
    change = a_change(old="demo-1.0.tar.gz")
    with serve_index(wheels("1.4") | {name: data}) as server:
        assert versions(ask(asking(server.url))) == ["1.4"]
        wheel, source = ask(asking(server.url), change)
    assert (wheel.wheel, source.wheel) == ("demo-1.4-py3-none-any.whl", None)
    package = fully(source)
    assert (package.kind, package.artifact) == (Kind.SDIST, name)
    assert package.sha256 == digest(data)


def test_nothing_lies_between_what_is_no_release(ask: Asker) -> None:
    change = a_change()
    assert change.old
    assert change.new
    none = [
        replace(change, old=None),
        replace(change, new=None),
        replace(change, old=replace(change.new, identity="other")),
        replace(change, layer=Layer.INTERPRETER),
        replace(change, new=replace(change.new, version="no version")),
        a_change(source=ArchiveSource(url="https://example.org/x.whl")),
    ]
    with serve_index(wheels("1.5")) as server:
        assert [ask(asking(server.url), each) for each in none] == [()] * len(none)
        assert server.requests.total() == 0


def test_the_index_that_the_lock_names_is_asked(ask: Asker) -> None:
    with (
        serve_index(wheels("1.5")) as own,
        serve_index(wheels("1.6")) as named,
        serve_index(wheels("1.7")) as source,
    ):
        settings = asking(own.url)
        plan = a_plan(indexes=(named.url,))
        assert versions(ask(settings, plan=plan)) == ["1.6"]
        change = a_change(source=IndexSource(index=source.url))
        assert versions(ask(settings, change, plan)) == ["1.7"]
        extra = a_plan(extra_indexes=(named.url,))
        assert versions(ask(settings, plan=extra)) == ["1.5", "1.6"]


def test_ends_whose_file_the_index_decides_are_releases(ask: Asker) -> None:
    undecided: dict[str, Any] = {
        "kind": None,
        "artifact": None,
        "sha256": None,
        "hashes": ("0" * 64,),
    }
    with serve_index(wheels("1.5")) as server:
        (found,) = ask(asking(server.url), a_change(**undecided))
    assert fully(found).kind is Kind.WHEEL
    assert fully(found).hashes == ()


def test_a_login_is_not_kept(ask: Asker) -> None:
    with serve_index(wheels("1.5"), login=("user", "secret")) as server:
        private = server.url.replace("://", "://user:secret@")
        (found,) = ask(asking(private))
        supplies = ask.supplies(asking(private))
        supplies.fetch(a_plan(), [fully(found)], ask.tmp)
        assert supplies.is_stored(fully(found))
    assert "secret" not in repr(found)
    kept = [path.read_bytes() for path in (ask.tmp / "cache/memo-v1").iterdir()]
    assert len(kept) == 1
    assert b"secret" not in kept[0]


def test_a_place_that_fails_beside_one_that_has_it_is_told(ask: Asker) -> None:
    with (
        serve_index(wheels("1.5")) as well,
        serve_index({}, fail_first=9, fail_status=403) as ill,
    ):
        found = ask(asking(well.url, ill.url))
    assert versions(found) == ["1.5"]
    (said,) = ask.talk.warned
    assert said.startswith("the releases of demo: http")
    assert "HTTP 403" in said


def test_what_is_stored_is_not_read_again(ask: Asker, tmp_path: Path) -> None:
    ((name, data),) = wheels("1.5", requires=["six"]).items()
    (tmp_path / name).write_bytes(data)
    with serve_index({name: data}) as server:
        settings = asking(server.url)
        ask.supplies(settings).store.add_wheel(tmp_path / name, digest(data))
        (found,) = ask(settings)
        assert found.requirements == ("six",)
        assert server.requests == {"/simple/demo/": 1}


def test_a_folder_of_files_is_looked_at(ask: Asker, tmp_path: Path) -> None:
    files = wheels("1.5", "3.0", requires=["six"])
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (found,) = ask(asking(), plan=a_plan(find_links=(".",)))
    assert found.version == "1.5"
    assert found.requirements == ("six",)
    assert found.identity == digest(files["demo-1.5-py3-none-any.whl"])


def test_an_index_that_does_not_answer_is_an_error(ask: Asker) -> None:
    with (
        serve_index({}, fail_first=9, fail_status=403) as server,
        pytest.raises(FetchError, match=r"releases of demo cannot be listed.*HTTP 403"),
    ):
        ask(asking(server.url))


def test_an_index_that_knows_no_such_project_has_no_release(ask: Asker) -> None:
    with serve_index({}) as server:
        assert ask(asking(server.url)) == ()


def test_a_resumed_search_asks_nothing_twice(ask: Asker) -> None:
    with serve_index(wheels("1.5", "1.6", requires=["six"])) as server:
        settings = asking(server.url)
        first = ask(settings)
        asked = server.requests.total()
        assert ask(settings) == first
        assert server.requests.total() == asked
        # Another target is another question.
        ask(settings, plan=a_plan(target=structs.replace(LINUX, python="3.12.1")))
        assert server.requests.total() > asked


def test_offline_only_what_is_stored_is_between(ask: Asker, tmp_path: Path) -> None:
    files = wheels("1.5", "1.6")
    with serve_index(files) as server:
        settings = asking(server.url)
        assert ask(settings, offline=True) == ()
        assert "noxlock is offline" in ask.talk.warned[0]
        online = ask(settings)
        name = "demo-1.6-py3-none-any.whl"
        (tmp_path / name).write_bytes(files[name])
        ask.supplies(settings).store.add_wheel(tmp_path / name, digest(files[name]))
        asked = server.requests.total()
        assert ask(settings, offline=True) == online[1:]
        assert server.requests.total() == asked


def test_a_release_can_be_fetched(ask: Asker) -> None:
    with serve_index(wheels("1.5")) as server:
        supplies = ask.supplies(asking(server.url))
        (found,) = find_releases(a_change(), a_plan(), supplies, base=ask.tmp)
        supplies.fetch(a_plan(), [fully(found)], ask.tmp)
        assert supplies.is_stored(fully(found))


def test_stored_wheels_say_what_they_ask_for(ask: Asker, tmp_path: Path) -> None:
    name, data = make_wheel("demo", "1.0", requires=["six<2"], requires_python=">=3.9")
    (tmp_path / name).write_bytes(data)
    supplies = ask.supplies(asking())
    supplies.store.add_wheel(tmp_path / name, digest(data))
    plan = a_plan(packages=(planned(name, data), planned("other-1.0.tar.gz", b"")))
    ((key, found),) = read_metadata(plan, supplies).items()
    assert key == ("demo", "1.0")
    assert (found.requirements, found.requires_python) == (("six<2",), ">=3.9")

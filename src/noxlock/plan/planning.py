"""From a lock and a request to the exact artifacts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import basename
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from noxlock.errors import NoxlockError, PlanError
from noxlock.model import (
    ArchiveSource,
    DirectorySource,
    IndexSource,
    Kind,
    Plan,
    PlannedPackage,
    VcsSource,
)
from noxlock.plan._conditions import Conditions
from noxlock.plan.keys import plan_key
from noxlock.plan.select import requested_extras, requested_groups, select
from noxlock.plan.targets import tags
from noxlock.plan.wheels import choose, fits, is_sdist, is_wheel

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from packaging.utils import NormalizedName

    from noxlock.model import GroupName, Lock, LockedPackage, Target

__all__ = ["plan"]

_SHOWN_FILES: Final = 8
_SHOWN_TAGS: Final = 3


def plan(  # noqa: PLR0913 - the request, as the command line and the definitions have it
    lock: Lock,
    *,
    groups: Sequence[str],
    extras: Sequence[str] = (),
    target: Target,
    only_binary: bool = False,
    keep_going: bool = False,
    without: Container[NormalizedName] = frozenset(),
) -> Plan:
    """Return the exact artifacts of one environment.

    Args:
        lock: What is pinned.
        groups: Dependency groups; `all` is every one, the optional ones too.
        extras: Extras of the project.
        target: Where it must run; markers and tags are evaluated for it.
        only_binary: Refuse what would have to be built.
        keep_going: Put a package for which nothing fits in without an artifact, the
            reason into `missing`, instead of raising.
        without: Packages that a layer below provides.

    Raises:
        PlanError: With the lock as its file.
    """
    try:
        wanted_groups = requested_groups(lock, groups)
        wanted_extras = requested_extras(lock, extras)
        selected = select(lock, wanted_groups, wanted_extras, Conditions(target))
        wanted = [row for row in selected.packages if row[0].name not in without]
        choices = [_Choice(*row, target, only_binary) for row in wanted]
        packages, missing = _chosen(choices, keep_going=keep_going)
    except NoxlockError as error:
        raise error.inside(file=lock.file) from error.__cause__
    return Plan(
        key=plan_key(target, packages),
        target=target,
        groups=wanted_groups,
        extras=wanted_extras,
        lock=lock.file,
        lock_format=lock.format,
        indexes=lock.indexes,
        extra_indexes=lock.extra_indexes,
        find_links=lock.find_links,
        packages=tuple(packages),
        missing=tuple(missing),
        warnings=selected.warnings,
    )


def _chosen(
    choices: Iterable[_Choice], *, keep_going: bool
) -> tuple[list[PlannedPackage], list[str]]:
    packages: list[PlannedPackage] = []
    missing: list[str] = []
    for choice in choices:
        try:
            packages.append(choice.planned())
        except PlanError as error:
            if not keep_going:
                raise
            missing.append(error.what)
            packages.append(choice.without_artifact())
    return packages, missing


@dataclass(frozen=True, slots=True)
class _Choice:
    """The choice of an artifact for one package."""

    package: LockedPackage
    groups: tuple[GroupName, ...]
    target: Target
    only_binary: bool

    def planned(self) -> PlannedPackage:
        """Return the package with its artifact, or raise `PlanError`."""
        source, bare = self.package.source, self.without_artifact()
        match source:
            case IndexSource():
                return self._from_index()
            case ArchiveSource():
                return self._archive(source)
            case VcsSource():
                self._refuse_build("a repository")
                if source.vcs != "git":
                    raise self._error(f"is in {source.vcs}: only git is supported")
                return replace(bare, kind=Kind.GIT, url=source.url)
            case DirectorySource():
                self._refuse_build("a directory")
                return replace(bare, kind=Kind.DIRECTORY, path=source.path)
            case _:
                assert_never(source)

    def _from_index(self) -> PlannedPackage:
        package = self.package
        if not package.files and package.hashes:
            return replace(self.without_artifact(), hashes=package.hashes)
        chosen = choose(package.files, self.target, only_binary=self.only_binary)
        if chosen is None:
            raise self._nothing_fits()
        file, kind = chosen
        if file.sha256 is None:
            raise self._no_hash(file.filename)
        return replace(
            self.without_artifact(),
            kind=kind,
            artifact=file.filename,
            url=file.url,
            path=file.path,
            sha256=file.sha256,
        )

    def _archive(self, source: ArchiveSource) -> PlannedPackage:
        path = source.path or urlsplit(source.url or "").path
        filename = basename(unquote(path))
        if is_wheel(filename):
            if not fits(filename, self.target):
                raise self._nothing_fits((filename,))
        elif is_sdist(filename):
            self._refuse_build(f"`{filename}`, a source distribution")
        else:
            raise self._error(f"comes as `{filename}`: neither a wheel nor an sdist")
        if source.sha256 is None:
            raise self._no_hash(filename)
        return replace(
            self.without_artifact(),
            kind=Kind.URL,
            artifact=filename,
            url=source.url,
            path=source.path,
            sha256=source.sha256,
        )

    def without_artifact(self) -> PlannedPackage:
        """Return the package with nothing chosen for it."""
        return PlannedPackage(
            name=self.package.name,
            version=self.package.version,
            kind=None,
            artifact=None,
            url=None,
            sha256=None,
            groups=self.groups,
            source=self.package.source,
        )

    def _refuse_build(self, what: str) -> None:
        if self.only_binary:
            raise self._error(
                f"would have to be built from {what}, which only-binary refuses",
                hint="leave only-binary out, or lock a version that has a wheel",
            )

    def _nothing_fits(self, names: tuple[str, ...] | None = None) -> PlanError:
        if names is None:
            names = tuple(file.filename for file in self.package.files)
        best = ", ".join(str(tag) for tag in tags(self.target)[:_SHOWN_TAGS])
        shown = ", ".join(names[:_SHOWN_FILES])
        more = len(names) - _SHOWN_FILES
        listed = f"it has {shown}" if names else "the lock lists none"
        if more > 0:
            listed += f" and {more} more"
        if self.only_binary:
            listed += ", and only-binary refuses sdists"
        return self._error(
            f"has no file that fits {self.target.name} with python"
            f" {self.target.python}: {listed}; the target's best tags are {best}",
            hint="lock a version that has one, or take another target or python",
        )

    def _no_hash(self, filename: str) -> PlanError:
        return self._error(
            f"comes as `{filename}`, of which the lock has no SHA-256",
            hint="lock again, from an index that gives SHA-256 digests",
        )

    def _error(self, what: str, *, hint: str | None = None) -> PlanError:
        name = " ".join(filter(None, (self.package.name, self.package.version)))
        return PlanError(f"`{name}` {what}", key=self.package.where, hint=hint)

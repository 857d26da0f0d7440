"""What a user asks of noxlock itself, after `--` or in variables.

`nox -s test-cpu -- --frozen -k fast`: `--frozen` and `--offline` are noxlock's and the
command never sees them; all else is the command's. After a further `--` everything is
the command's: `nox -s test-cpu -- -- --offline`. A session written by hand has all of
its posargs to itself; for its environment, as for any, NOXLOCK_FROZEN=1 and
NOXLOCK_OFFLINE=1 say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.errors import DefinitionError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["COMMON_FLAGS", "Options", "is_on", "read_options", "refuse_rest"]

COMMON_FLAGS: Final = ("--frozen", "--offline")
_VARIABLES: Final = {"NOXLOCK_FROZEN": "--frozen", "NOXLOCK_OFFLINE": "--offline"}
_OFF: Final = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Noxlock's options of one session, and what is left for its command."""

    flags: frozenset[str]
    rest: tuple[str, ...] = ()

    @property
    def frozen(self) -> bool:
        """Whether a stale lock is used as it is: `--frozen`, NOXLOCK_FROZEN=1."""
        return "--frozen" in self.flags

    @property
    def offline(self) -> bool:
        """Whether only the store is asked: `--offline`, NOXLOCK_OFFLINE=1."""
        return "--offline" in self.flags


def is_on(value: str) -> bool:
    """Return whether a variable of this value is switched on: `1`, `true`; not `0`."""
    return value.lower() not in _OFF


def read_options(
    posargs: Sequence[str], environ: Mapping[str, str], *, flags: Sequence[str] = ()
) -> Options:
    """Return what *posargs* and *environ* ask for.

    Args:
        posargs: What follows `--` on nox's command line.
        environ: The user's variables: NOXLOCK_FROZEN, NOXLOCK_OFFLINE.
        flags: Flags of this kind of session, besides `--frozen` and `--offline`.
    """
    found = {
        flag
        for variable, flag in _VARIABLES.items()
        if is_on(environ.get(variable, ""))
    }
    known = {*COMMON_FLAGS, *flags}
    own = posargs.index("--") if "--" in posargs else len(posargs)
    found |= known & set(posargs[:own])
    kept = [arg for arg in posargs[:own] if arg not in known]
    # A `--` in the middle is the command's own; a leading one only ends the options.
    after = posargs[own + 1 :] if not kept else posargs[own:]
    return Options(flags=frozenset(found), rest=(*kept, *after))


def refuse_rest(options: Options, session: str, known: Sequence[str]) -> None:
    """Raise `DefinitionError` where something is left that no command will see."""
    for argument in options.rest:
        flags = [*known, *COMMON_FLAGS]
        what = f"session {session} knows no `{argument}`; known: {', '.join(flags)}"
        raise DefinitionError(what, hint=nearest(argument, flags))

"""One comparison: its tolerance, what it has found so far, and how it may run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from noxlock.compare._tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from noxlock.compare.arrays._sources import Source
    from noxlock.compare.distributions import Samples
    from noxlock.compare.tolerance import Limit, Limits

__all__ = ["Job"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What every comparer is given besides the two sides."""

    limits: Limits
    tally: Tally
    key: str = ""
    """Of the part that is compared: `model.npz.coef`; "" for the output itself."""
    rules: tuple[int, ...] = ()
    """What `limits.matching` gave for *key*."""
    threads: int = 1
    block: int = 1 << 16
    """Elements that are compared at once: they stay in the processor's cache."""
    look: Callable[[Source, Source, Job], None] | None = None
    """Called with actual and baseline array instead of comparing them: by previews."""
    samples: Samples | None = None
    """The runs of the numbers that have a distribution."""

    @classmethod
    def of(
        cls,
        limits: Limits,
        *,
        threads: int = 1,
        block: int = 1 << 16,
        samples: Samples | None = None,
    ) -> Self:
        """Return the job of a whole output, with an empty tally."""
        return cls(
            limits=limits,
            tally=Tally(),
            rules=limits.matching(""),
            threads=threads,
            block=block,
            samples=samples,
        )

    def part(
        self, key: str, *, dtype: str = "", shape: tuple[int, ...] | None = None
    ) -> Job:
        """Return the job of a part: its own tally, which the parent's report merges.

        Args:
            key: Its name inside this part; its whole key is `OUTER.KEY`, as tolerance
                keys spell it.
            dtype: As the report shows it; may be set later, on the tally.
            shape: Likewise.
        """
        inner = self.beneath(key)
        tally = self.tally.part(inner.key, dtype=dtype, shape=shape)
        return replace(inner, tally=tally)

    def beneath(self, key: str) -> Job:
        """Return the job of what *key* names inside this part, on the same tally."""
        whole = f"{self.key}.{key}" if self.key else key
        rules = self.limits.matching(whole, self.rules)
        return replace(self, key=whole, rules=rules)

    def limit(self, dtype: str) -> Limit:
        """Return the limit of this part's values of *dtype*, NumPy's name of it."""
        return self.limits.of(self.rules, dtype)

    @property
    def check_dtype(self) -> bool:
        """Whether another dtype is a drift here."""
        return self.limits.check_dtype(self.rules)

    @property
    def check_shape(self) -> bool:
        """Whether another shape of as many elements is a drift here."""
        return self.limits.check_shape(self.rules)

"""A conda environment made once more, out of the one that is there already.

rattler links 3,000 files in 0.05 s and checks none; importing it, and its pause at the
exit, take twice as long again. What it made once has only to be gone through: every
byte of it, and nothing beside it stays.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from noxlock.envs import making_room
from noxlock.envs.conda import is_conda
from noxlock.envs.receipts import decode_receipt, write_receipt
from noxlock.store import Recycled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from noxlock.envs.receipts import Receipt
    from noxlock.store.imprints import Imprints

__all__ = ["made_again"]


def made_again(
    imprints: Imprints, prefix: Path, *, fits: Callable[[Receipt], bool]
) -> Receipt | None:
    """Return the receipt of the environment at *prefix*, now as it was made.

    Args:
        imprints: What was made where.
        prefix: Where it is.
        fits: Whether what a receipt tells of is what is wanted now.

    Returns:
        None: nothing was made there, or another thing, or that cannot be had again.

    Raises:
        EnvError: The disk refuses.
        StoreError: A stored file is damaged.
    """
    if prefix.is_symlink() or not is_conda(prefix):
        return None
    imprint = imprints.of(prefix)
    receipt = None if imprint is None else decode_receipt(imprint.note)
    if imprint is None or receipt is None or not fits(receipt):
        return None
    with making_room(prefix) as aside:
        mode = stat.S_IMODE(aside.lstat().st_mode)
        whole = Recycled(inside="", aside=aside, mode=mode)
        if not imprints.restore(imprint, prefix, whole):
            return None
    write_receipt(prefix, receipt)
    return receipt

"""`python -m noxlock` is `noxlock`."""

from __future__ import annotations

from noxlock.cli import main

main()

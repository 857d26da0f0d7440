"""The sessions of this example; what they are stands in `sessions/`."""

import noxlock

noxlock.load("sessions")

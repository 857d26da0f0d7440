"""noxlock's own sessions; what they are stands in `sessions/`."""

import noxlock

noxlock.load("sessions")

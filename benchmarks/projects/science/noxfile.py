"""The benchmarks' project; what its sessions are stands in `sessions/`."""

import noxlock

noxlock.load("sessions")

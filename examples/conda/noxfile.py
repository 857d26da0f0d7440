import noxlock

noxlock.load("sessions")

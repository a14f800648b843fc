"""Clips of people who are not there: a picture made to turn, blink and come closer, and attacks with it.

It knows nothing of how faces are judged: it shares no code with `drivers.face`.
"""

"""Devices that speak the real wire protocols, for tests and the demo.

An emulator imports the standard library only: nothing of ours and no vendor library,
so that emulator and driver cannot share a mistake.
"""

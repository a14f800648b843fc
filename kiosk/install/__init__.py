"""Putting Hadir on a machine, changing its version, taking it off again.

Standard library only: the first installation runs it with the system's Python, straight from the wheel.
"""

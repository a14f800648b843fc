"""An R307-class sensor that is only a pseudo-terminal: `python -m drivers.emulated.r307 --link PATH`."""

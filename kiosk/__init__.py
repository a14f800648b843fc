"""Hadir's kiosk: core rules and records, the daemon, the technician's client, the demo."""

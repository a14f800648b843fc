"""`kioskctl`, the technician's client: one file a command group."""

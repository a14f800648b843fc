"""`kioskd`: store, vault, engine, workers, control sockets and the composition root."""

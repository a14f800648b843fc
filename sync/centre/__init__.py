"""hadir-centre: the reference receiver that commits, checks and acknowledges."""

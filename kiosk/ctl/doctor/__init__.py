"""`kioskctl doctor`: every part examined; what is wrong, in words, and the command that mends it."""

"""`kioskctl provision`: from one file a device to a kiosk that runs."""

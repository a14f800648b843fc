"""What `make run` starts: every process of a kiosk and a centre, with emulated devices, in one folder."""

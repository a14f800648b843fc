"""Runs the installer."""

import sys

from kiosk.install.main import main

sys.exit(main(sys.argv[1:]))

"""Contracts every driver keeps: errors, deadlines and the device families."""

"""Figures for the README's performance table, each beside the limit it is compared with."""

"""Presentation attack detection: an unpredictable, timed challenge decides; passive signs may only reject."""

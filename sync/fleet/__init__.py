"""A fleet of simulated kiosks: real chains, real signatures, the real publisher; for tests and benches."""

"""Pure code: what a punch is, the record format and chain, the rules, time arithmetic, API types. No I/O."""

"""Where the numbers of a step come from: the ledger, and derivations line by line, by the models' own formulas."""

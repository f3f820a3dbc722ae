"""How networks are shown: units and weights, one row in them, decision regions."""

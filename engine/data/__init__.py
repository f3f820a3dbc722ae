"""Data sets: the catalogue, units, principal components, training and test rows."""

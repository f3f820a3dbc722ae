"""Gaussian mixtures: parameters, data, passes, starts, collapsing components, many starts at once."""

"""Mixtures of Bernoulli distributions."""

"""Mixtures of experts: a gate over the inputs, and experts that are regressions."""

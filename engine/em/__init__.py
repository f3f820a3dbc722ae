"""Expectation-Maximization: the loop, steps, what a model owes, algorithms, stopping rules, fit and timeline."""

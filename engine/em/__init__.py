"""Expectation-Maximization: loop, steps, what a model owes, parameters, algorithms, stopping rules, fit, timeline."""

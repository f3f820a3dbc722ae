"""Bernoulli mixtures: yes and no by column, with unseen answers."""

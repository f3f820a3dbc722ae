"""How Bernoulli mixtures are shown."""

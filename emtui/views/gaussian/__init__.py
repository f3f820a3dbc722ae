"""How Gaussian mixtures are shown."""

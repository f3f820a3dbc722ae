"""How Gaussian mixtures are shown: points, ellipses, trails, and what moved in words."""

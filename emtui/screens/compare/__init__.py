"""Two things side by side: EM and k-means, two branches, a network's decision regions."""

"""The pair plot: every pair of features, coloured by truth, EM or k-means."""

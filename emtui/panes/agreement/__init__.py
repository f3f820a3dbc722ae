"""Pane 5: agreement with known classes, beside k-means or the other way to train a network."""

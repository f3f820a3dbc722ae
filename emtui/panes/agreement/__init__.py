"""The pane of agreement with known classes, beside k-means or the other way to train a network."""

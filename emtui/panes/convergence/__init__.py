"""The convergence pane: how fast EM comes to rest, why, and what would help."""

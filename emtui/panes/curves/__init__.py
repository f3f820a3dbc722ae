"""The pane of the curves: the run so far."""

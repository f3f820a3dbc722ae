"""Pane 4: curves of the run so far."""

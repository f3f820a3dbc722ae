"""Pane 6: the parameters in numbers."""

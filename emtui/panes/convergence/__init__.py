"""Pane 0: how fast EM comes to rest."""

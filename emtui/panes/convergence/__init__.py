"""The pane that says how fast EM comes to rest."""

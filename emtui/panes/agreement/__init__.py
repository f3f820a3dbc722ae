"""The agreement pane: rows in the component of their known class, for EM and for what it is compared with."""

"""Every key, the layout of the panes, the user's settings, and the themes."""

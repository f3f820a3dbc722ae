"""The explorer: the grid of panes, and groups of actions as its parts."""

"""Tables and texts from files."""

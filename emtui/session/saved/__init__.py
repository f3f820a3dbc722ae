"""An exploration in a file: its choices, what was done in it, and the numbers that came of that."""

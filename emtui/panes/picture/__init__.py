"""The data picture, and what can be drawn along in it."""

"""The terminal app: watch EM work, half a step at a time. It never computes EM itself; `engine` does."""

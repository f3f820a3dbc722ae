"""Parameters moved by a person: single entries, their limits, and the steps that come of them."""

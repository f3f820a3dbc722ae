"""How topic models are shown."""

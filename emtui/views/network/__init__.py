"""How networks are shown."""

"""How hidden Markov models are shown."""

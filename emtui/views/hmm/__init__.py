"""How hidden Markov models are shown: states and observations over time."""

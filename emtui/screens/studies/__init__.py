"""Studies that run EM many times: the race, the map of optima, sizes, a network's sweep and cost."""

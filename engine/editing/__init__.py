"""Parameters changed by hand: the entries of θ, their limits, and the steps that follow."""

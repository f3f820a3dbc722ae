"""Networks with latent 0/1 units: parameters, four E-steps, the M-step, prediction, cost."""

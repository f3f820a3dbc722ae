"""Networks whose hidden units are latent variables."""

"""Latent Dirichlet allocation: parameters, documents, variational and Gibbs E-steps, the bound."""

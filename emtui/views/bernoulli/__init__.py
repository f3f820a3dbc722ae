"""How Bernoulli mixtures are shown: probabilities by column, digits as pictures, a row of answers."""

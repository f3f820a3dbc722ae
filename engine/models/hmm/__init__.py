"""Hidden Markov models: parameters, sequences, forward-backward, Viterbi, emissions."""

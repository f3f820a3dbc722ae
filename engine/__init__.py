"""EM, half a step at a time, without a screen.

    import engine
    data = engine.load("iris")
    model = engine.GaussianMixture(n_components=3)
    for step in engine.iterate(model, data.X, seed=0):
        print(step.iteration, step.phase, step.objective)

What is here, and `help(engine.fit)` or any other says more:

    data        load, datasets, read_table, read_corpus, Dataset, train_test_split, validation_split, with_products
    models      GaussianMixture, BernoulliMixture, BinomialMixture, PoissonMixture, HiddenMarkovModel,
                LatentDirichletAllocation, GeneticLinkage, LatentMLP, MixtureOfExperts
    baselines   KMeans, BackpropMLP, BackpropExperts
    stepping    begin, e_step, m_step, advance, iterate; algorithms, stopping; Step, Timeline, by_hand
    fits        fit, many_starts, compare_sizes, studies; Run
    looking     ledger, worked_row, worked_parameter, worked_new_row, new_row, compare_numbers, jensen, criteria,
                agreement, convergence_of, bound_slice, two_bounds, learning_curves, decision_regions, response_maps,
                reasons
    replays     replays
    your own    Model, Mixture, Parameters, option, testing

Names are imported when they are first used, and NumPy with them: `import engine` alone costs next to nothing.
"""

from __future__ import annotations

from engine.lazy import attach

__version__ = "0.1.0"
# No `__all__`: with one `help(engine)` would be every class in full
__getattr__, __dir__, _ = attach(__name__, __file__)

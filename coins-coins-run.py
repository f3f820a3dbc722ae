"""EM on coins: a session of 2 branches."""

import numpy as np

import engine
from engine.em.parameters import arrays_of


def take(branch, count):
    """Take so many half-steps more at the end of a branch."""
    for _ in range(count):
        branch.append(engine.advance(branch[-1]))


def report(name, step):
    """Every digit of a step, so that it can be compared."""
    print(name, step.iteration, step.phase)
    print("log_likelihood", repr(float(step.log_likelihood)))
    print("objective", repr(float(step.objective)))
    for path, array in arrays_of(step.params).items():
        print(path, array.tolist())


# coins: coins (binomial mixture), seed 0
data = engine.load("coins")
model = engine.BinomialMixture(n_components=2, n_trials=10, fixed_weights=True)
start = model.Params(weights=np.array([0.5, 0.5]), probabilities=np.array([0.6, 0.5]))

branch_1 = [engine.begin(model, data.X, start=start, seed=0)]
take(branch_1, 3)
report("branch 1", branch_1[-1])

branch_2 = branch_1[:4]
branch_2.append(engine.by_hand.q_moved(branch_2[-1], 2, [0.9, 0.1]))
take(branch_2, 2)
report("branch 2", branch_2[-1])

step = branch_2[5]  # where the session stood
report("here", step)

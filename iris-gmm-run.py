"""EM on iris: a session of 4 branches."""

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


def weighed(step, X, y, row, weight):
    """The same θ with another weight for one row: 0 leaves it out, 2 counts it twice."""
    data = step.problem.data
    weights = np.ones(data.n_given) if data.given_weight is None else data.given_weight.copy()
    weights[row] = weight
    return engine.by_hand.reweighted(step, X, y, None if (weights == 1.0).all() else weights, "weighed by hand")


# iris: Gaussian mixture, seed 0
data = engine.load("iris")
model = engine.GaussianMixture(
    n_components=3,
    covariance_type="full",
    init="kmeans",
    reg_covar="auto",
    on_collapse="ridge",
    m_step="joint",
)

branch_1 = [engine.begin(model, data.X, seed=0)]
take(branch_1, 3)
report("branch 1", branch_1[-1])

branch_2 = branch_1[:4]
branch_2.append(engine.by_hand.q_moved(branch_2[-1], 2, [0.2, 0.3, 0.5]))
report("branch 2", branch_2[-1])

branch_3 = branch_2[:5]
branch_3.append(weighed(branch_3[-1], data.X, None, 7, 0.0))
report("branch 3", branch_3[-1])

branch_4 = branch_3[:6]
branch_4.append(engine.by_hand.q_moved(branch_4[-1], 20, [0.5, 0.5, 0.0]))
take(branch_4, 2)
report("branch 4", branch_4[-1])

step = branch_4[7]  # where the session stood
report("here", step)

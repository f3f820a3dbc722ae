"""The texts of the help besides the keys: the idea of EM in a page, what each pane shows, and the words."""

from __future__ import annotations

IDEA: tuple[str, ...] = (
    "EM finds parameters θ that make the data X likely when part of the story, Z (which component each row came from), "
    "was never seen. It takes two half-steps in turn.",
    "E-step: keep θ, and let q(Z) be what θ says of Z: the responsibilities. They are the posterior p(Z | X, θ).",
    "M-step: keep q, and choose the θ that suits it best. The responsibilities shown after it are still those of q.",
    "For any q:  log p(X | θ) = L(q, θ) + KL(q ‖ p(Z | X, θ)).  KL is never negative, so L is a bound from below.",
    "Why KL is never negative: the logarithm is concave, so a mean of logarithms lies below the logarithm of the mean "
    "(Jensen): Σ q ln (p(x, z) / q) ≤ ln Σ q · p(x, z) / q = ln p(x). Both are the same only where q is the posterior.",
    "Why M maximises Q: L(q, θ) = Q(θ; q) + H(q), and H(q) has no θ in it. With q held the logarithm of a sum becomes "
    "a sum of logarithms, and each parameter can be solved for by itself.",
    "After an E-step KL is 0: the bound has risen to touch the log-likelihood. After an M-step the bound has risen "
    "again, the log-likelihood at least as far, and KL is the gap between them. So the log-likelihood never falls.",
    "Where a ridge or a prior takes part, what never falls is the objective: log-likelihood + log-prior.",
)

PANES: tuple[tuple[str, str], ...] = (
    (
        "picture",
        "the data along two features, or one; each point's colour is mixed by its responsibilities; ellipses at "
        "1σ and 2σ; ✚ the means, with the way they came; the mouse can draw one elsewhere, which opens a branch. A "
        "network: its weights (solid above 0, dotted below), the chosen row in it, and what it says of its class; a "
        "goes on to the decision regions of both methods (✗ a row that gets another class) and to what each hidden "
        "unit responds to, along two features, the others held where the border's keys say",
    ),
    ("curves", "log-likelihood and bound at every half-step, and the KL between them; hits against k-means"),
    (
        "responsibilities",
        "how much of each row belongs to each component; ! where the row is in doubt. A network: what it says of the "
        "held-back rows, ✓ or ✗ for it and for the other way to train it",
    ),
    ("parameters", "weights, means, covariances and what changed in the last step"),
    ("agreement", "how many rows lie in the component of their known class, and how k-means does"),
    ("data", "the data sets, the files opened lately, and the way to open another"),
    ("model", "the model's options, the seed and the stopping rule; enter applies what was changed"),
    (
        "bound",
        "the objective and the bound below it, from θ old (where q was settled, and they touch) to θ new, or along one "
        "parameter: the E-step lifts the bound to touch, the M-step goes to its top; d draws two bounds at once",
    ),
    (
        "why",
        "the ledger: what adds up to what, and whose parameters it is of; d shows the E-step of a row, and the M-step "
        "of a parameter, in their own numbers, then Jensen's inequality on the row: why KL is never negative; "
        "then why Q, ∂Q = 0, what a step gains, Lagrange's λ, and weights beside shares of rows",
    ),
    (
        "convergence",
        "at what rate EM comes to rest, the iterations to go, the share of missing information, what overlaps "
        "and what would help; d measures the rate at this θ; zoomed, the changes so far and the forecast",
    ),
    (
        "timeline",
        "every half-step so far; a move by hand (✎), another draw or other choices open a branch",
    ),
)

WORDS: tuple[tuple[str, str], ...] = (
    ("responsibility", "the probability that a row came from a component, under θ as it was at the last E-step"),
    ("mixing weight", "the share of all rows that a component is expected to make"),
    ("hard share", "the share of rows that are likeliest to be the component's own"),
    ("bound, ELBO", "L(q, θ) = Q(θ; q) + H(q), never above the log-likelihood"),
    ("Q", "the expected log-likelihood of data and Z together, under q: what an M-step pushes up"),
    ("entropy H(q)", "how undecided q is: 0 where every row belongs wholly to one component"),
    ("KL", "how far q is from the posterior of the present θ: the gap between log-likelihood and bound"),
    ("objective", "what EM pushes up: log-likelihood + log-prior"),
    ("rate", "by what factor the moves of θ shrink from one iteration to the next: near 1 EM is slow"),
    (
        "missing information",
        "the share of what X and Z together would tell of θ that is lost because Z was not seen: EM's rate at rest",
    ),
    ("branch", "a line of steps of its own: other choices open it, a move by hand or another draw; the old one stays"),
    (
        "session",
        "all that was done, in a file (ctrl+s): emtui NAME.emtui opens it again, emtui show checks its numbers",
    ),
    ("ridge", "a prior that keeps covariances from collapsing; its log-prior is part of the objective"),
    ("known label", "a row's component, given: q is it there; with every label given one M-step is the whole fit"),
    ("start", "θ before the first E-step; other starts may lead to other optima"),
    ("k-means", "EM's limit where every row belongs wholly to its nearest centre"),
    ("inertia", "the sum of squared distances to the nearest centre: what k-means brings down"),
    ("E[z], u", "the probability that a hidden unit is on: given inputs and class, and given the inputs alone"),
    (
        "marginal",
        "p(y|x) = Σ_z p(z|x) p(y|z): what a network trained by EM says; the usual forward pass is not the same",
    ),
    ("log-loss", "the mean of −ln p(y|x) over rows, the cross-entropy: what training a network brings down"),
    ("AIC, BIC, ICL", "log-likelihood made to pay for its parameters; smaller is better"),
    ("ICL", "BIC that pays for doubt, too: in its entropy form for H(q), in its MAP form (mclust's) for −ln p(ẑ|X)"),
    ("ARI, NMI", "agreement of two partitions whatever their labels: 1 is the same; ARI is about 0 by chance"),
)

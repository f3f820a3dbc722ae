r"""Why EM works, with the numbers of one step: reasons as derivations line by line.

    why_q(step, "means[0,1]")        r(θ) is on both sides of ∂ ln p = 0; held, the sum comes apart (Fisher's identity)
    balanced(step, "means[0,1]")     ∂Q = 0: the rows that pull at an entry, and that they balance at its new value
    rise(step)                       Δ ln p = ΔQ + ΔKL
    multiplier(step, "weights[0]")   N_k / w_k is the same λ for all k after the M-step (Lagrange)
    shares(step)                     why a component's weight is not its share of the rows: doubt

After an E-step all of them tell of the M-step to come.
"""

from engine.explain.reasons.balance import balanced as balanced
from engine.explain.reasons.doubt import shares as shares
from engine.explain.reasons.gain import rise as rise
from engine.explain.reasons.held_q import why_q as why_q
from engine.explain.reasons.lagrange import multiplier as multiplier

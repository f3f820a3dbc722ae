"""EM, half a step at a time, without a screen.

    import engine
    data = engine.load("iris")
    model = engine.GaussianMixture(n_components=3)
    for step in engine.iterate(model, data.X, seed=0):
        print(step.iteration, step.phase, step.objective)

Names are imported when they are first used, and NumPy with them: `import engine` alone costs next to nothing.
"""

from __future__ import annotations

from engine.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)

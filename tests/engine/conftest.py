"""Settings that the engine's tests share."""

from hypothesis import settings

# No test is a stopwatch: an example that imports a library for the first time takes as long as that takes.
settings.register_profile("engine", deadline=None)
settings.load_profile("engine")

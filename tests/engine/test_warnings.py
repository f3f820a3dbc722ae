"""Which warnings fail a test: those that a module of ours is to blame for, and what is left open."""

import warnings

import pytest


@pytest.mark.parametrize(
    "module", ["engine", "engine.em.loop", "emtui.cli.main", "test_warnings", "driving", "conftest"]
)
def test_a_warning_of_our_own_is_an_error(module):
    for category in (UserWarning, DeprecationWarning, RuntimeWarning):
        with pytest.raises(category):
            warnings.warn_explicit("so it is", category, "file.py", 1, module=module)
    with pytest.raises(DeprecationWarning):
        warnings.warn("as code that is called says of its caller", DeprecationWarning, stacklevel=1)


@pytest.mark.parametrize("module", ["hmmlearn.base", "numpy", "engineering", "textual.app", "sklearn.mixture._base"])
def test_a_warning_of_a_peer_is_its_own(module):
    with warnings.catch_warnings(record=True) as said:
        warnings.warn_explicit("so it is", DeprecationWarning, "file.py", 1, module=module)
    assert [str(warning.message) for warning in said] == ["so it is"]


def test_what_is_left_open_is_an_error_wherever_it_is_found():
    with pytest.raises(ResourceWarning):
        warnings.warn_explicit("unclosed file", ResourceWarning, "file.py", 1, module="somewhere")

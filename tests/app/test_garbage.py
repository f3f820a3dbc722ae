"""The collector of garbage waits while the app starts, and leaves alone what was loaded by then."""

import gc

import pytest
from driving import driving

from emtui.application import gc_pause as garbage


@pytest.fixture(autouse=True)
def _as_before():
    yield
    gc.enable()
    gc.unfreeze()


def test_what_was_there_is_left_out_and_the_rest_is_collected():
    garbage.hold()
    assert not gc.isenabled()
    garbage.let_go()
    assert gc.isenabled() and gc.get_freeze_count() > 0


def test_nothing_is_frozen_where_nothing_was_held():
    garbage.let_go()
    assert gc.isenabled() and gc.get_freeze_count() == 0


async def test_the_explorer_lets_go_once_its_panes_are_there():
    garbage.hold()
    async with driving() as app:
        assert "parameters" in app.text
        assert gc.isenabled() and gc.get_freeze_count() > 0

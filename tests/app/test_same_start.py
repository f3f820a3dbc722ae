"""Another seed that finds the start that there was says so."""

from __future__ import annotations

import pytest
from driving import driving
from walking import walked

from emtui.spec.choose import choose


def test_k_means_comes_to_the_same_clusters() -> None:
    session = walked("old_faithful", 2, k=2)
    said = session.restart(1)
    assert "Seed 1 finds the " in said and "as seed 0" in said and "pane 7" in said
    assert "in another order" in "".join(walked("old_faithful", 0, k=2).restart(seed) for seed in range(1, 8))
    assert "the very same start" in "".join(walked("old_faithful", 0, k=2).restart(seed) for seed in range(1, 8))


@pytest.mark.parametrize(
    "how", [{"settings": {"init": "points"}}, {"model": "mlp"}, {"settings": {"init": "responsibilities"}}]
)
def test_another_start_is_not_called_the_same(how: dict[str, object]) -> None:
    assert "Seed 1 finds" not in walked("iris", 0, **how).restart(1)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_screen_says_it(size: tuple[int, int]) -> None:
    async with driving(choose("old_faithful"), size=size) as app:
        said = " ".join((await app.press("n", "R")).split())
        assert "Seed 1 finds the" in said and "start" in said

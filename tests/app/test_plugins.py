"""Data sets, replays and models that another package brings; a broken one disables itself alone, with a sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from driving import driving
from shell import ROOT, here, shell
from view_frames import walked

import emtui.views
import engine
from emtui.charts.colors import DARK
from emtui.charts.scene import Dots, Prose, Scene
from emtui.panes.datasets import catalogue_offers
from emtui.panes.model_form.model_form_fields import fields_for
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.command_line import words_of
from emtui.views import GenericView, registry, view_for, view_problems
from emtui.views.gaussian.gaussian import GaussianView
from emtui.views.guarded import guarded
from emtui.views.view import View
from engine import plugins
from engine.errors import OptionError

SOURCE = """
import numpy as np
import engine
from engine.reference.replay import Published, Replay, Walk

def two_heights():
    X = np.array([[1.0], [1.2], [0.8], [5.0], [5.1], [4.9]])
    return engine.Dataset("anything", X, title="Two heights", description="one plant", options={"n_components": 2})

def no_data():
    raise RuntimeError("the server is down")

def no_table():
    return [1, 2, 3]

def _walks():
    model = engine.GaussianMixture(n_components=1)
    value = Published(1, "M", "mean", "3.000", lambda step: step.params.means[0, 0])
    return (Walk("one component", "two_heights", model, (value,), max_iter=3),)

heights = Replay("heights", "Heights of plants", "A field book", _walks)
other = Replay("another", "Another name", "A field book", _walks)

class NoModel:
    name = "nothing"

class Abstract(engine.em.model.Model):
    name = "abstract"

from emtui.views import GenericView, View

class Seen(GenericView):
    def component_names(self, snapshot):
        return tuple("xyz"[: self.n_components(snapshot)])

class Blind(View):
    pass
""".replace("import engine\n", "import engine\nimport engine.em.model\n", 1)
POINTS = """
[emtui.datasets]
two-heights = field_book:two_heights
unreachable = field_book:no_data
no_table = field_book:no_table
absent = field_book_that_is_not_there:x
iris = field_book:two_heights

[emtui.replays]
heights = field_book:heights
misnamed = field_book:other

[emtui.models]
nothing = field_book:NoModel
abstract = field_book:Abstract
leaves = leaves:x

[emtui.views]
seen = field_book:Seen
blind = field_book:Blind
no_view = field_book:two_heights
gmm = field_book:Seen
gone = field_book:Gone
"""
DATA_PROBLEMS = ("'unreachable'", "'no_table'", "'absent'", "'iris'")
MODEL_PROBLEMS = ("'nothing'", "'abstract'", "'leaves'")
VIEW_PROBLEMS = ("'blind'", "'no_view'", "'gmm'", "'gone'")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder as an installer leaves it."""
    info = tmp_path / "field_book-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: field-book\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    (tmp_path / "field_book.py").write_text(SOURCE)
    (tmp_path / "leaves.py").write_text("import sys\nsys.exit('not on this machine')\n")
    return tmp_path


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(site))
    plugins.forget()
    yield
    plugins.forget()
    sys.modules.pop("field_book", None)


@pytest.mark.usefixtures("installed")
def test_data_of_another_package_are_loaded_by_name_and_listed_last() -> None:
    data = engine.load("Two Heights")
    assert (data.name, data.title, data.X.shape) == ("two_heights", "Two heights", (6, 1))
    *_, last = engine.datasets()
    assert (last.key, last.title, last.shape, last.row) == ("two_heights", "Two heights", (6, 1), "one plant")
    assert catalogue_offers()[-1].data.source == "two_heights"
    assert words_of(choose("two_heights"))[0] == "two_heights"
    assert engine.load("iris").X.shape == (150, 4)  # a package can't take the place of what is here


@pytest.mark.usefixtures("installed")
def test_each_broken_one_says_why_where_it_is_named() -> None:
    for name, why in (("unreachable", "the server is down"), ("no_table", "gives no engine.Dataset")):
        with pytest.raises(OptionError, match=f"the data set '{name}' could not be loaded from its package: .*{why}"):
            engine.load(name)
    with pytest.raises(OptionError, match="No module named 'field_book_that_is_not_there'"):
        engine.load("absent")
    for name, why in (("nothing", "no subclass of"), ("abstract", "it lacks .*maximize"), ("leaves", "not on this")):
        with pytest.raises(OptionError, match=f"the model '{name}' could not be loaded from its package: .*{why}"):
            engine.model_class(name)
    with pytest.raises(OptionError, match=r"the replay 'misnamed' .* it calls itself 'another'"):
        list(engine.replays.replay("misnamed"))


@pytest.mark.usefixtures("installed")
def test_a_replay_of_another_package_is_stepped() -> None:
    (check,) = engine.replays.replay("heights")
    assert check.agrees
    assert check.computed == pytest.approx(np.mean([1.0, 1.2, 0.8, 5.0, 5.1, 4.9]))
    status, out, err = here("replay")
    assert status == 0
    assert "Heights of plants" in out
    assert "misnamed" not in out
    assert err.count("\n") == 1
    assert "emtui: the replay 'misnamed' could not be loaded" in err


def test_the_shell_lists_what_works_and_says_what_does_not(site: Path) -> None:
    path = f"{ROOT}:{site}"
    listed = shell("datasets", "--json", PYTHONPATH=path)
    assert listed.returncode == 0
    names = [one["name"] for one in json.loads(listed.stdout)]
    assert names.count("iris") == 1
    assert names[-1] == "two_heights"
    assert [name in line for name, line in zip(DATA_PROBLEMS, listed.stderr.splitlines(), strict=True)] == [True] * 4
    listed = shell("models", PYTHONPATH=path)
    assert listed.returncode == 0
    assert "Gaussian mixture" in listed.stdout
    assert "abstract" not in listed.stdout
    told = (*MODEL_PROBLEMS, *VIEW_PROBLEMS)
    assert [name in line for name, line in zip(told, listed.stderr.splitlines(), strict=True)] == [True] * 7
    assert shell("run", "two_heights", "--max-iter", "2", PYTHONPATH=path).returncode == 0
    assert shell("run", "iris", "--max-iter", "2", PYTHONPATH=path).stderr == ""


@pytest.mark.usefixtures("installed")
def test_a_view_is_found_by_the_name_of_its_model_and_a_broken_one_leaves_the_generic() -> None:
    assert type(view_for("seen")).__name__ == "Seen"
    assert view_for("seen") is view_for("seen")
    assert type(view_for("gmm")).__name__ == "GaussianView"  # a package can't take the place of what is here
    for name in ("blind", "no_view", "gone", "anything"):
        assert type(view_for(name)) is GenericView
    for sentence, name, why in zip(
        view_problems(),
        VIEW_PROBLEMS,
        ("it lacks axes, ", "no subclass of emtui.views.View", "emtui has a view of that model", "has no attribute"),
        strict=True,
    ):
        assert sentence.startswith(f"the view {name} could not be loaded from its package: ") and why in sentence


def test_what_is_offered_to_outside_code_is_there() -> None:
    for package in (engine, emtui.views):
        assert len(dir(package)) > 10 and all(getattr(package, name) is not None for name in dir(package))
    with pytest.raises(AttributeError, match=r"module 'emtui\.views' has no attribute 'nothing'"):
        _ = emtui.views.nothing  # type: ignore[attr-defined]


@pytest.mark.usefixtures("installed")
async def test_the_screen_offers_what_works_and_says_what_does_not() -> None:
    assert next(field for field in fields_for("gmm") if field.key == "model").words == engine.model_names()
    assert not set(engine.model_names()) & {"nothing", "abstract", "leaves"}
    async with driving() as app:
        told = [notification.message for notification in app.app._notifications]
        for name in (*DATA_PROBLEMS, *MODEL_PROBLEMS, *VIEW_PROBLEMS):
            assert sum(name in message for message in told) == 1
        assert "Iris" in app.text


def _broken(methods: tuple[str, ...], how: str) -> View:
    """A view of Gaussians whose methods fail: they raise, leave, or give something else."""

    def fails(self: View, *words: object, **named: object) -> object:
        if how == "raises":
            raise ZeroDivisionError("division\nby \x1b[31mzero")
        if how == "leaves":
            sys.exit("enough")
        return 7.5

    return guarded(type("Broken", (GaussianView,), dict.fromkeys(methods, fails)), "gmm", GenericView())


METHODS = tuple(name for name in dir(View) if not name.startswith("_") and callable(getattr(View, name)))


@pytest.mark.parametrize(
    ("methods", "how"),
    [(("scene",), "raises"), (("sentence", "parameters"), "leaves"), (METHODS, "raises"), (METHODS, "gives")],
    ids=["scene raises", "words leave", "all raise", "all give"],
)
async def test_a_view_that_fails_while_drawing_is_a_sentence_in_its_pane(
    methods: tuple[str, ...], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = _broken(methods, how)
    monkeypatch.setattr(registry, "_made", lambda *_: view)
    async with driving(size=(120, 40)) as app:
        await app.press("e", "m", "n", "down", "E", "escape", "p", "escape", "a")
        said = " ".join(app.text.replace("│", " ").split())
        assert app.app.is_running
        assert "The view 'gmm' of another package failed" in said
        assert "\x1b" not in said


def test_a_scene_that_can_not_be_drawn_is_no_scene() -> None:
    class Crooked(GaussianView):
        def scene(self, *words: object, **named: object) -> Scene:
            return Scene([Dots(np.arange(3.0), np.arange(2.0))])  # type: ignore[call-arg]

    snapshot = walked(Session(choose("iris")), 2)
    scene = guarded(Crooked, "gmm", GenericView()).scene(snapshot, GaussianView().axes(snapshot)[0], DARK)
    assert "of another package failed" in scene.description and isinstance(scene.layers[0], Prose)

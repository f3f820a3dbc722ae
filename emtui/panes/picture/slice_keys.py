"""The keys of slices through the inputs, for the picture pane and the screen of decision regions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace

from textual.binding import Binding

from emtui.panes.pane_state import flag, numbers, whole
from emtui.session.saved.session_file import State
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import TrainTestSplit
from emtui.views.slice_choice import N_METHODS, SliceChoice, first_choice
from engine.data.dataset import Dataset

_NO_SLICE = "There are no decision regions here: choose a model that learns classes, such as mlp."
_ALL_SHOWN = "Every feature is shown: none is held at a value."


def slice_bindings(owner: str) -> tuple[Binding, ...]:
    """The bindings, with ids of this owner."""

    def key(keys: str, action: str, words: str, tooltip: str, name: str, display: str | None = None) -> Binding:
        return Binding(
            keys, action, words, id=f"{owner}.{name}", tooltip=tooltip, key_display=display
        )  # fmt: skip

    return (
        key("s", "hard", "soft or hard", "mixed colours, or a hard border", "hard"),
        key("H", "held_back", "rows", "training rows or those held back", "heldback"),
        key("full_stop", "feature(0, 1)", "across", "another feature across", "across", "."),
        key("comma", "feature(0, -1)", "across back", "the feature across before", "acrossback", ","),
        key("greater_than_sign", "feature(1, 1)", "up", "another feature upwards", "up", ">"),
        key("less_than_sign", "feature(1, -1)", "up back", "the feature upwards before", "upback", "<"),
        key("p", "moving(1)", "held", "another of the held features to move", "held"),
        key("P", "moving(-1)", "held back", "the held feature before", "heldbefore"),
        key("up", "move(1)", "more", "hold that feature at a larger value", "more", "↑"),
        key("down", "move(-1)", "less", "hold that feature at a smaller value", "less", "↓"),
    )


class SliceKeys:
    """What the keys do; a subclass says what is shown and draws the choice that comes of it."""

    _choice: SliceChoice | None = None
    _choice_of: Dataset | None = None

    @abstractmethod
    def slice_snapshot(self) -> StepSnapshot | None:
        """The step whose slice is shown; None if none is."""

    @abstractmethod
    def draw_choice(self) -> None:
        """Draw the choice as it is now."""

    @abstractmethod
    def refuse(self, reason: str) -> None:
        """Say in a sentence why a key can't act."""

    def choice_for(self, snapshot: StepSnapshot) -> SliceChoice:
        """The choice so far; on other data it begins again with their best pair of features."""
        data = snapshot.spec.dataset
        if self._choice is None or self._choice_of is None or not _alike(data, self._choice_of):
            self._choice = first_choice(data)
        self._choice_of = data
        return self._choice

    @property
    def choice_state(self) -> State:
        """What is chosen of slices, as a session that is saved has it; {} where nothing is."""
        choice, data = self._choice, self._choice_of
        if choice is None or data is None or choice == first_choice(data):
            return {}
        return {
            "features": [*choice.features],
            "moved": [number for pair in choice.moved for number in pair],
            "moving": choice.moving,
            "hard": choice.hard,
            "held_back": choice.held_back,
            "method": choice.method,
            "unit": choice.unit,
            "large": choice.large,
        }

    def take_choice(self, state: State, data: Dataset) -> None:
        """Choose that again, as far as the data have such columns."""
        usual, n = first_choice(data), data.n_features
        features = tuple(int(one) for one in numbers(state, "features"))
        if (
            len(features) != len(usual.features)
            or not set(features) <= set(range(n))
            or len({*features}) < len(features)
        ):
            return
        given = numbers(state, "moved")
        moved = tuple((int(column), value) for column, value in zip(given[::2], given[1::2], strict=False))
        moving = whole(state, "moving")
        self._choice_of, self._choice = (
            data,
            replace(
                usual,
                features=features,
                moved=tuple(pair for pair in moved if 0 <= pair[0] < n),
                moving=moving if moving is not None and moving < n else None,
                hard=flag(state, "hard", otherwise=False),
                held_back=flag(state, "held_back", otherwise=True),
                method=(whole(state, "method") or 0) % N_METHODS,
                unit=whole(state, "unit") or 0,
                large=flag(state, "large", otherwise=False),
            ),
        )

    def change(self, made: Callable[[SliceChoice, Dataset, TrainTestSplit], SliceChoice | str]) -> None:
        """Draw what comes of the choice, or say why nothing does."""
        snapshot = self.slice_snapshot()
        if snapshot is None or snapshot.comparison is None:
            self.refuse(_NO_SLICE)
            return
        found = made(self.choice_for(snapshot), snapshot.spec.dataset, snapshot.comparison.split)
        if isinstance(found, str):
            self.refuse(found)
            return
        self._choice = found
        self.draw_choice()

    def action_hard(self) -> None:
        """Mixed colours, or every place in that of the likeliest class; of a unit, on or off."""
        self.change(lambda choice, data, split: replace(choice, hard=not choice.hard))

    def action_held_back(self) -> None:
        """Training rows in place of those held back, and the other way round."""

        def made(choice: SliceChoice, data: Dataset, split: TrainTestSplit) -> SliceChoice | str:
            if not len(split.test):
                return "No row is held back: every row is trained on, and drawn."
            return replace(choice, held_back=not choice.held_back)

        self.change(made)

    def action_feature(self, axis: int, by: int) -> None:
        """Another feature across (0) or up (1)."""

        def made(choice: SliceChoice, data: Dataset, split: TrainTestSplit) -> SliceChoice | str:
            if data.n_features <= len(choice.features) == axis:
                return "There is one feature alone: nothing goes up with it."
            return choice.turned(axis, by, data.n_features)

        self.change(made)

    def action_moving(self, by: int) -> None:
        """Another of the held features, for the arrows."""

        def made(choice: SliceChoice, data: Dataset, split: TrainTestSplit) -> SliceChoice | str:
            held = choice.moving_of(data.n_features) is not None
            return choice.next_moving(by, data.n_features) if held else _ALL_SHOWN

        self.change(made)

    def action_move(self, by: int) -> None:
        """Hold the chosen feature at a larger or smaller value."""

        def made(choice: SliceChoice, data: Dataset, split: TrainTestSplit) -> SliceChoice | str:
            column = choice.moving_of(data.n_features)
            if column is None:
                return _ALL_SHOWN
            moved = choice.with_moved(by, data, split)
            if moved.moved == choice.moved:
                return f"{data.feature_names[column]} goes no further: no row has such a value."
            return moved

        self.change(made)


def _alike(one: Dataset, other: Dataset) -> bool:
    """The same table, or one with the same columns made anew."""
    return one is other or (one.name == other.name and one.feature_names == other.feature_names)


def border_keys(choice: SliceChoice, snapshot: StepSnapshot, *, of_units: bool) -> tuple[str, ...]:
    """The keys for the lower border, the longest first: the border takes the first that fits."""
    rival = snapshot.comparison is not None and snapshot.comparison.rival_model is not None
    keys = ["d unit", "enter all" if choice.large else "enter large"] if of_units else ["d method"] if rival else []
    keys.append("s soft" if choice.hard else "s hard")
    if snapshot.comparison is not None and len(snapshot.comparison.split.test) and (choice.large or not of_units):
        keys.append("H training" if choice.held_back else "H test")
    n_features = snapshot.spec.dataset.n_features
    features, held = n_features > 2, n_features > len(choice.features)
    longer = [*keys, *([", . < > features"] if features else []), *(["p ↑ ↓ held"] if held else [])]
    shorter = [*keys, ",.<>" * features + "p↑↓" * held]
    return (
        " · ".join(longer),
        " · ".join(filter(None, shorter)),
        *(" · ".join(keys[:n]) for n in range(len(keys), 0, -1)),
    )

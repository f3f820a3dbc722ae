"""Every key of the explorer, once: the footer, the help, the palette and the user's key map all read it here.

An action such as `step('back', 1)` is the method `back` of the explorer's part for steps: so `edit`, `view`, `study`
and `dialog` (`emtui.screens.explore`); other actions are the explorer's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from textual.binding import ActiveBinding, Binding

_GROUPS = {name: Binding.Group(name) for name in ("step", "history", "look", "choose", "app")}

PANE_KEYS: dict[str, str] = {
    "picture": "1",
    "curves": "2",
    "responsibilities": "3",
    "parameters": "4",
    "agreement": "5",
    "data": "6",
    "model": "7",
    "bound": "8",
    "why": "9",
    "convergence": "0",
}
"""The keys that go to the panes, by name; what has none is reached by its tab and from the palette."""


def _key(id: str, keys: str, action: str, description: str, tooltip: str, display: str | None = None) -> Binding:
    group = _GROUPS[id.partition(".")[0]]
    return Binding(keys, action, description, id=id, tooltip=tooltip, group=group, key_display=display)


def _pane_key(name: str, key: str) -> Binding:
    first = name == "picture"  # it stands for all of them in the footer
    tooltip, display = ("go to the picture", "0-9") if first else (f"go to pane {key}", None)
    return _key(f"look.pane{key}", key, f"pane('{name}')", "panes", tooltip, display)


EXPLORE: tuple[Binding, ...] = (
    _key("step.e", "e", "step('e_step')", "E-step", "responsibilities from these parameters"),
    _key("step.m", "m", "step('m_step')", "M-step", "parameters from these responsibilities"),
    _key("step.iteration", "n", "step('iteration')", "iteration", "an E-step and an M-step"),
    _key("step.play", "space", "step('play')", "play", "play and pause"),
    _key("step.faster", "plus,equals_sign", "step('speed', 1)", "faster", "play faster", "+"),
    _key("step.slower", "minus", "step('speed', -1)", "slower", "play slower", "-"),
    _key(
        "step.hotter",
        "left_curly_bracket",
        "step('temperature', 1.5)",
        "hotter",
        "annealed EM hotter from the next E-step on",
        "{",
    ),
    _key(
        "step.cooler",
        "right_curly_bracket",
        "step('temperature', 0.6666666666666666)",
        "cooler",
        "annealed EM cooler from the next E-step on",
        "}",
    ),
    _key("step.converge", "c", "step('run_on')", "converge", "run until a stopping rule is met; escape stops it"),
    _key(
        "step.hand",
        "E",
        "edit('by_hand')",
        "by hand",
        "move a parameter or a row's q by hand; leave a row out or count it twice",
    ),
    _key("step.cancel", "escape", "cancel", "stop", "stop playing or running; leave the zoom or the lecture", "esc"),
    _key("history.back", "left,h", "step('back', 1)", "back", "one half-step back", "←"),
    _key("history.forward", "right,l", "step('forward', 1)", "forward", "one half-step on again", "→"),
    _key("history.back10", "left_square_bracket", "step('back', 10)", "10 back", "ten steps back", "["),
    _key("history.forward10", "right_square_bracket", "step('forward', 10)", "10 forward", "ten steps on again", "]"),
    _key("history.first", "home", "step('first')", "start", "to the start"),
    _key("history.last", "end", "step('last')", "end", "to the last step of this branch"),
    _key("history.goto", "g", "dialog('go_to')", "go to", "go to an iteration"),
    _key("history.branch", "b", "step('branch')", "branch", "go to the next branch"),
    _key("history.reset", "r", "step('reset')", "reset", "back to the same start"),
    _key("history.newstart", "R", "step('new_start')", "new start", "another random start"),
    _key("history.undo", "U", "step('undo')", "undo", "undo choices applied, a row weighed, data opened"),
    *(_pane_key(name, key) for name, key in PANE_KEYS.items()),
    _key("look.zoom", "z", "zoom", "zoom", "give the pane the whole screen, and back"),
    _key("look.lecture", "Z", "lecture", "lecture", "picture, curve and sentence alone, for a lecture hall; and back"),
    _key("look.axes", "a", "axes(1)", "axes", "the next pair of features in the picture"),
    _key("look.axesback", "A", "axes(-1)", "axes back", "the pair of features before"),
    _key(
        "look.compare",
        "v",
        "view('compare')",
        "compare",
        "EM and k-means side by side; a network's decision regions beside backpropagation's",
    ),
    _key("look.pairs", "M", "view('pairs')", "pairs", "every pair of features at once, by truth, EM or k-means"),
    _key("look.branches", "B", "view('branches')", "branches", "two branches side by side"),
    _key("look.sweep", "w", "study('sweep')", "sweep", "a network or experts over learning rates and sizes"),
    _key("look.race", "f", "study('race')", "race", "every way to run EM, or to train a network, from this start"),
    _key("look.optima", "O", "study('optima')", "optima", "hundreds of starts, grouped by where they end"),
    _key("look.query", "Q", "view('query')", "query", "a row of your own: its components, and what was not answered"),
    _key("look.selection", "K", "study('selection')", "sizes", "how many components, hidden units or experts"),
    _key("look.cost", "C", "study('cost')", "cost", "what an exact E-step of a network costs"),
    _key("choose.open", "o", "dialog('open_file')", "open", "open a file or a folder of texts of your own"),
    _key("choose.units", "N", "standardize", "standardize", "all columns on one scale, or in their own units again"),
    _key(
        "choose.export",
        "x",
        "dialog('export')",
        "export",
        "write tables, figures, a page, a notebook or a script to files",
    ),
    _key("choose.save", "ctrl+s", "save", "save", "save the session: branches, choices, where you are"),
    _key("choose.copy", "y", "copy_command", "copy", "copy the command that leads to this step"),
    _key("app.theme", "t", "theme", "theme", "dark, light, high contrast"),
    _key("app.help", "question_mark", "app.help", "help", "keys, panes and words", "?"),
    _key("app.palette", "ctrl+p", "app.command_palette", "palette", "every command by name"),
    _key("app.quit", "q,ctrl+q", "app.quit", "quit", "leave"),
)

# the explorer's own line of keys, most needed first; keys that don't fit are in the help, "?"
FOOTER: tuple[str | tuple[str, ...], ...] = (
    "step.e", "step.m", "app.help", "app.quit", "step.iteration", "step.converge",
    ("look.race", "look.optima", "look.selection", "step.hand", "look.pairs", "look.branches"),
    "step.play", "history.back", "history.goto", "look.pane1", "look.zoom", "look.axes", "look.compare",
    "choose.export", "choose.open", "history.reset", "history.newstart", "history.undo",
)  # fmt: skip
"""Those in brackets are shown together, or left to the help together."""

_ROW, _SCROLL = ("↑↓", "row"), ("↑↓", "scroll")
PANE_FOOTERS: dict[str, tuple[tuple[str, str], ...]] = {
    "picture": (
        ("look.axes", "axes"), ("picture.next", "other"), ("picture.hard", "soft or hard"),
        ("picture.heldback", "rows"),
        ("picture.across", "across"), ("picture.up", "up"), ("picture.held", "held"), ("picture.large", "large"),
        ("look.pairs", "pairs"), ("look.compare", "compare"), ("step.hand", "by hand"), ("look.zoom", "zoom"),
    ),
    "curves": (
        ("curves.next", "other curve"), ("curves.against", "against"), ("curves.log", "log axis"),
        ("look.zoom", "zoom"),
    ),
    "responsibilities": (
        ("responsibilities.sort", "sort"), _ROW, ("responsibilities.mark", "mark"),
        ("responsibilities.worked", "worked row"),
        ("predictions.rows", "rows"), ("responsibilities.reverse", "reverse"), ("responsibilities.right", "columns"),
        ("look.zoom", "zoom"),
    ),
    "parameters": (
        ("parameters.detail", "detail"), ("parameters.units", "units"), ("parameters.right", "columns"), _SCROLL,
        ("step.hand", "by hand"), ("look.zoom", "zoom"),
    ),
    "agreement": (_SCROLL, ("look.compare", "compare"), ("look.zoom", "zoom")),
    "data": (("↑↓", "choose"), ("enter", "open"), ("choose.open", "file"), ("choose.units", "standardize")),
    "model": (("↑↓", "option"), ("←→", "choose"), ("enter", "apply")),
    "bound": (("bound.next", "along a parameter"), ("bound.previous", "back"), ("look.zoom", "zoom")),
    "why": (
        ("why.next", "other subject"), ("why.previous", "back"), ("↑↓", "choose"), ("why.parameter", "parameter"),
        ("why.right", "entry"), ("look.zoom", "zoom"),
    ),
    "convergence": (("convergence.measure", "measure"), _SCROLL, ("look.zoom", "zoom")),
}  # fmt: skip
"""The line of keys while a pane has the focus, most useful first: a binding by its id, or keys, and a word."""

STEPPING: tuple[Binding, ...] = tuple(binding for binding in EXPLORE if binding.action.startswith("step("))
"""The stepping keys of a screen that lies over the explorer."""


def as_bound(active: Iterable[ActiveBinding]) -> list[Binding]:
    """The explorer's bindings with their current keys; those that go to panes count as one."""
    keys: dict[str, Binding] = {}
    for one in active:
        if one.binding.id is not None and one.binding.id not in keys:
            keys[one.binding.id] = one.binding
    several = {f"look.pane{key}" for name, key in PANE_KEYS.items() if name != "picture"}
    bound = [
        binding if keys.get(binding.id or "", binding).key in binding.key.split(",") else keys[binding.id or ""]
        for binding in EXPLORE
        if binding.id not in several
    ]
    return [replace(one, tooltip="go to a pane by its number") if one.id == "look.pane1" else one for one in bound]

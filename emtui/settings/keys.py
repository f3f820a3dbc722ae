"""Every key of the explorer, once: the footer, the help, the palette and the user's key map all read it here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from textual.binding import ActiveBinding, Binding

STEP = Binding.Group("step")
HISTORY = Binding.Group("history")
LOOK = Binding.Group("look")
CHOOSE = Binding.Group("choose")
APP = Binding.Group("app")


def _key(
    keys: str, action: str, description: str, tooltip: str, group: Binding.Group, *, id: str, display: str | None = None
) -> Binding:
    return Binding(keys, action, description, id=id, tooltip=tooltip, group=group, key_display=display)


EXPLORE: tuple[Binding, ...] = (
    _key("e", "e_step", "E-step", "responsibilities from these parameters", STEP, id="step.e"),
    _key("m", "m_step", "M-step", "parameters from these responsibilities", STEP, id="step.m"),
    _key("n", "iteration", "iteration", "an E-step and an M-step", STEP, id="step.iteration"),
    _key("space", "play", "play", "play and pause", STEP, id="step.play"),
    _key("plus,equals_sign", "speed(1)", "faster", "play faster", STEP, id="step.faster", display="+"),
    _key("minus", "speed(-1)", "slower", "play slower", STEP, id="step.slower", display="-"),
    _key(
        "left_curly_bracket",
        "temperature(1.5)",
        "hotter",
        "annealed EM hotter from the next E-step on",
        STEP,
        id="step.hotter",
        display="{",
    ),
    _key(
        "right_curly_bracket",
        "temperature(0.6666666666666666)",
        "cooler",
        "annealed EM cooler from the next E-step on",
        STEP,
        id="step.cooler",
        display="}",
    ),
    _key("c", "run_on", "converge", "run until a stopping rule is met; escape stops it", STEP, id="step.converge"),
    _key("E", "hand", "by hand", "move a parameter by hand; leave a row out or count it twice", STEP, id="step.hand"),
    _key("escape", "cancel", "stop", "stop playing or running; leave the zoom", STEP, id="step.cancel", display="esc"),
    _key("left,h", "back(1)", "back", "one half-step back", HISTORY, id="history.back", display="←"),
    _key("right,l", "forward(1)", "forward", "one half-step on again", HISTORY, id="history.forward", display="→"),
    _key("left_square_bracket", "back(10)", "10 back", "ten steps back", HISTORY, id="history.back10", display="["),
    _key(
        "right_square_bracket",
        "forward(10)",
        "10 forward",
        "ten steps on again",
        HISTORY,
        id="history.forward10",
        display="]",
    ),
    _key("home", "first", "start", "to the start", HISTORY, id="history.first"),
    _key("end", "last", "end", "to the last step of this branch", HISTORY, id="history.last"),
    _key("g", "go_to", "go to", "go to an iteration", HISTORY, id="history.goto"),
    _key("b", "branch", "branch", "go to the next branch", HISTORY, id="history.branch"),
    _key("r", "reset", "reset", "back to the same start", HISTORY, id="history.reset"),
    _key("R", "new_start", "new start", "another random start", HISTORY, id="history.newstart"),
    _key("1", "pane(1)", "panes", "go to the picture", LOOK, id="look.pane1", display="0-9"),
    *(_key(str(i), f"pane({i})", "panes", f"go to pane {i}", LOOK, id=f"look.pane{i}") for i in (*range(2, 10), 0)),
    _key("z", "zoom", "zoom", "give the pane the whole screen, and back", LOOK, id="look.zoom"),
    _key("a", "axes(1)", "axes", "the next pair of features in the picture", LOOK, id="look.axes"),
    _key("A", "axes(-1)", "axes back", "the pair of features before", LOOK, id="look.axesback"),
    _key(
        "v",
        "compare",
        "compare",
        "EM and k-means side by side; a network's decision regions beside backpropagation's",
        LOOK,
        id="look.compare",
    ),
    _key("M", "pairs", "pairs", "every pair of features at once, by truth, EM or k-means", LOOK, id="look.pairs"),
    _key("B", "branches", "branches", "two branches side by side", LOOK, id="look.branches"),
    _key("w", "sweep", "sweep", "a network over learning rates and hidden units", LOOK, id="look.sweep"),
    _key("f", "race", "race", "every way to run EM, and k-means, from this start", LOOK, id="look.race"),
    _key("O", "optima", "optima", "hundreds of starts, grouped by where they end", LOOK, id="look.optima"),
    _key("Q", "query", "query", "a row of your own: what a Bernoulli mixture makes of the rest", LOOK, id="look.query"),
    _key("K", "selection", "sizes", "how many components: BIC, AIC, ICL, held-out rows", LOOK, id="look.selection"),
    _key("C", "cost", "cost", "what an exact E-step of a network costs", LOOK, id="look.cost"),
    _key("o", "open_file", "open", "open a file or a folder of texts of your own", CHOOSE, id="choose.open"),
    _key("x", "export", "export", "write steps, parameters or a script to files", CHOOSE, id="choose.export"),
    _key("y", "copy_command", "copy", "copy the command that reproduces this", CHOOSE, id="choose.copy"),
    _key("t", "theme", "theme", "dark and light", APP, id="app.theme"),
    _key("question_mark", "help", "help", "keys, panes and words", APP, id="app.help", display="?"),
    _key("ctrl+p", "app.command_palette", "palette", "every command by name", APP, id="app.palette"),
    _key("q,ctrl+q", "app.quit", "quit", "leave", APP, id="app.quit"),
)

# the footer, the most needed first; what does not fit is in the help
FOOTER: tuple[str, ...] = (
    "step.e",
    "step.m",
    "app.help",
    "app.quit",
    "step.iteration",
    "step.play",
    "history.back",
    "step.converge",
    "history.goto",
    "look.pane1",
    "look.zoom",
    "look.axes",
    "look.compare",
    "choose.export",
    "choose.open",
    "history.reset",
    "history.newstart",
)

STEPPING: tuple[Binding, ...] = tuple(
    replace(binding, action=f"explorer({binding.action!r})")
    for binding in EXPLORE
    if binding.group in (STEP, HISTORY) and binding.id not in ("step.cancel", "step.hand", "history.goto")
)
"""The stepping keys for a screen that lies over the explorer: `OverExplorer` hands them down."""


def as_bound(active: Iterable[ActiveBinding]) -> list[Binding]:
    """The explorer's bindings with the keys that they have now; the panes' ten numbers as one."""
    keys: dict[str, Binding] = {}
    for one in active:
        if one.binding.id is not None and one.binding.id not in keys:
            keys[one.binding.id] = one.binding
    several = {f"look.pane{number}" for number in (*range(2, 10), 0)}
    bound = [
        binding if keys.get(binding.id or "", binding).key in binding.key.split(",") else keys[binding.id or ""]
        for binding in EXPLORE
        if binding.id not in several
    ]
    return [replace(one, tooltip="go to a pane by its number") if one.id == "look.pane1" else one for one in bound]

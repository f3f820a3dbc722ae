"""What the help says of each place: the screens besides the explorer, and what the mouse does."""

from __future__ import annotations

SCREENS: dict[str, tuple[str, str]] = {
    "BranchesScreen": ("two branches", "two branches side by side, and how far apart they are; the stepping keys step"),
    "CompareScreen": ("EM and k-means", "both methods on the same rows; a row in another group is marked"),
    "ConditionalProbabilitiesScreen": (
        "a row of your own",
        "answers that you give, and what the mixture makes of those that are unseen",
    ),
    "CostScreen": ("cost", "what an exact E-step costs against the hidden units, measured here"),
    "EditScreen": (
        "by hand",
        "a parameter is moved, or a row left out or counted twice; the numbers are what would come of it, and enter "
        "makes it so on a branch of its own",
    ),
    "ExportScreen": ("export", "tables, figures, pages, notebooks and scripts, written to files"),
    "FirstCard": ("first card", "what the data are, what is hidden, and what an E-step and an M-step do"),
    "GoToScreen": ("go to", "a place in the history by its number: 12, 12 E, start, end, #31"),
    "GuideScreen": ("guide", "chapters on everything; a link leads to another one, esc back"),
    "NetworkSizesScreen": ("sizes", "how many hidden units or experts, judged by rows that are held back"),
    "OpenFileScreen": ("open a file", "a table or a folder of texts of your own; what was guessed can be changed"),
    "OptimaScreen": ("optima", "hundreds of starts, grouped by where they end; enter opens one of them"),
    "PairsScreen": ("pairs", "every pair of features at once; enter brings the chosen one into the picture"),
    "RaceScreen": ("race", "every way to run EM, or to train a network, from one start; enter opens a racer"),
    "RegionsScreen": ("decision regions", "which class both methods give to each place along two features"),
    "RowOfNumbersScreen": ("a row", "a row of your own: its responsibilities, how far it lies away, worked out"),
    "SaveScreen": ("save", "the session to a file of its own: branches, choices, where you are"),
    "SelectionScreen": ("sizes", "how many components, of which shape, by a criterion; enter opens one"),
    "SweepScreen": ("sweep", "both methods over learning rates and sizes; enter opens a cell"),
    "YesNoScreen": ("a question", "yes or no"),
}
"""By the class of the screen: its name, and what it shows."""

_PICK = "a click chooses a row, the wheel scrolls"
PANE_MOUSE: dict[str, str] = {
    "picture": "drag a mean to move it, which opens a branch; a click chooses the nearest row, "
    "on a unit's map makes that large",
    "curves": "a click gives it the focus",
    "responsibilities": "a click chooses a row, on the strip above it too, on a head sorts by it; the wheel scrolls",
    "parameters": "the wheel scrolls; a click on +3 shows further columns",
    "agreement": "the wheel scrolls",
    "data": "a click opens a data set",
    "model": "a click on a choice takes the next one, on a field writes there",
    "bound": "a click gives it the focus",
    "why": "the wheel scrolls",
    "convergence": "the wheel scrolls",
}
SCREEN_MOUSE: dict[str, str] = {
    "EditScreen": "drag a mean in the picture; " + _PICK,
    "GuideScreen": "a click opens a chapter or follows a link; the wheel scrolls",
    "CompareScreen": "a click on a tab shows that side, in a narrow window",
    "RegionsScreen": "a click on a tab shows that side, in a narrow window",
    "BranchesScreen": "a click on a tab shows that side, in a narrow window",
    **dict.fromkeys(("RaceScreen", "OptimaScreen", "SelectionScreen", "NetworkSizesScreen"), _PICK),
}
MOUSE: tuple[tuple[str, str], ...] = (
    ("click", "on a tab or a pane goes there; on the timeline goes to that step; on the last line presses that key"),
    *((f"in {name}", said) for name, said in PANE_MOUSE.items() if not said.startswith("a click gives")),
    ("shift+drag", "selects text as the terminal does, to be copied out of the screen (on some terminals option+drag)"),
)

"""Time travel: recorded steps, a cursor over them, and branches that share a prefix.

Looking back computes nothing: a step is a value. Recording a step after going back opens a branch; the old one stays.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.em.step import Step


@dataclass(frozen=True, eq=False)
class Branch:
    """A line of steps from the start; the first `shared` of them belong to the branch that it left.

    Attributes:
        steps: all steps, the shared prefix included (the same objects, so nothing is copied).
        parent: the index of the branch that it left; None for the first.
    """

    steps: tuple[Step, ...]
    parent: int | None = None
    shared: int = 0


@dataclass(frozen=True, eq=False)
class Place:
    """A step's place, told by its branch itself: branches are numbered anew when one is closed."""

    line: list[Step]
    index: int


class Timeline:
    """The steps of one exploration, in branches, and a cursor on one of them."""

    def __init__(self, first: Step) -> None:
        self._lines: list[list[Step]] = [[first]]
        self._parents: list[tuple[int | None, int]] = [(None, 0)]
        self._branch = 0
        self._cursor = 0

    def __repr__(self) -> str:
        """How many steps in how many branches, and where the cursor is."""
        here, others = self.current, "" if self.n_branches == 1 else f", branch {self.branch + 1} of {self.n_branches}"
        return f"Timeline({len(self)} steps{others}, at {here.iteration} {here.phase})"

    @property
    def steps(self) -> list[Step]:
        """The steps of the current branch, oldest first (a copy of the list, not of the steps)."""
        return list(self._lines[self._branch])

    def __len__(self) -> int:
        return len(self._lines[self._branch])

    def __getitem__(self, index: int) -> Step:
        return self._lines[self._branch][index]

    @property
    def current(self) -> Step:
        """The step under the cursor."""
        return self._lines[self._branch][self._cursor]

    @property
    def previous(self) -> Step | None:
        """The step before the cursor; None at the start."""
        return self._lines[self._branch][self._cursor - 1] if self._cursor else None

    @property
    def cursor(self) -> int:
        """Where the cursor is, 0 for the start."""
        return self._cursor

    @property
    def at_end(self) -> bool:
        """No step was recorded after this one on this branch."""
        return self._cursor == len(self) - 1

    @property
    def branch(self) -> int:
        """The index of the current branch."""
        return self._branch

    @property
    def branches(self) -> tuple[Branch, ...]:
        """Every branch, in the order in which they were opened."""
        return tuple(
            Branch(tuple(line), parent, shared)
            for line, (parent, shared) in zip(self._lines, self._parents, strict=True)
        )

    def steps_of(self, branch: int) -> list[Step]:
        """The steps of any branch, oldest first (a copy of the list). Raises IndexError for no such branch."""
        return list(self._lines[self._checked(branch)])

    @property
    def lines(self) -> list[list[Step]]:
        """The steps of every branch, as they are kept: to be looked at only."""
        return self._lines

    @property
    def n_branches(self) -> int:
        """How many branches there are."""
        return len(self._lines)

    def record(self, step: Step) -> None:
        """Add a step after the cursor and go there; if later steps exist already, this opens a branch."""
        if not self.at_end:
            self._open_branch()
        self._add(step)

    def fork(self, step: Step) -> None:
        """Add a step after the cursor on a branch of its own, even at the end, and go there: a change by hand."""
        self._open_branch()
        self._add(step)

    def _open_branch(self) -> None:
        kept = self._cursor + 1
        self._lines.append(self._lines[self._branch][:kept])
        self._parents.append((self._branch, kept))
        self._branch = len(self._lines) - 1

    def _add(self, step: Step) -> None:
        self.current.release(keep=step)
        self._lines[self._branch].append(step)
        self._cursor += 1

    def amend(self, step: Step, better: Step) -> None:
        """Put a step that says more in the place of one, on every branch that it is on."""
        for line in self._lines:
            for place, one in enumerate(line):
                if one is step:
                    line[place] = better

    def plant(self, first: Step) -> None:
        """Begin again from another start, as a branch that shares nothing with the others."""
        self.current.release()
        self._lines.append([first])
        self._parents.append((None, 0))
        self._branch = len(self._lines) - 1
        self._cursor = 0

    @property
    def followers(self) -> list[Step]:
        """The steps that were taken from here, on whatever branch; those of the current branch first."""
        mine = self._lines[self._branch]
        lines = [mine, *(line for line in self._lines if line is not mine)]
        after = self._cursor + 1
        found = [line[after] for line in lines if len(line) > after and line[self._cursor] is self.current]
        return list(dict.fromkeys(found))

    def walk_to(self, follower: Step) -> Step:
        """Go to a step that was taken from here: on the current branch where it has it, else on the first that has."""
        after = self._cursor + 1
        order = sorted(range(self.n_branches), key=lambda branch: (branch != self._branch, branch))
        self._branch = next(b for b in order if len(self._lines[b]) > after and self._lines[b][after] is follower)
        return self.go_to(after)

    @property
    def place(self) -> Place:
        """Where the cursor is, to come back to whatever is opened and closed in the meantime."""
        return Place(self._lines[self._branch], self._cursor)

    def return_to(self, place: Place) -> bool:
        """Go back to a place; False where its branch was closed."""
        found = [branch for branch, line in enumerate(self._lines) if line is place.line]
        if found:
            self._branch = found[0]
            self.go_to(place.index)
        return bool(found)

    def close_if_unused(self, place: Place) -> bool:
        """Close the branch that ends with the step at this place, unless another one left it after that.

        The cursor must be on another branch. What left it earlier counts from then on as having left its parent.
        """
        branch = next((branch for branch, line in enumerate(self._lines) if line is place.line), None)
        if branch is None or len(place.line) > place.index + 1 or branch == self._branch:
            return False
        parent, shared = self._parents[branch]
        children = [i for i, (of, _) in enumerate(self._parents) if of == branch]
        if any(self._parents[child][1] > shared for child in children):
            return False
        for child in children:
            self._parents[child] = (parent, self._parents[child][1])
        del self._lines[branch], self._parents[branch]
        self._parents = [(of - 1 if of is not None and of > branch else of, kept) for of, kept in self._parents]
        self._branch -= self._branch > branch
        return True

    def go_to(self, index: int) -> Step:
        """Move the cursor, kept within the branch."""
        self._cursor = max(0, min(index, len(self) - 1))
        return self.current

    def move(self, by: int) -> Step:
        """Move the cursor by this many half-steps, kept within the branch."""
        return self.go_to(self._cursor + by)

    def switch(self, branch: int) -> Step:
        """Go to another branch, as close to the current place as it reaches. Raises IndexError for no such branch."""
        self._branch = self._checked(branch)
        return self.go_to(self._cursor)

    def _checked(self, branch: int) -> int:
        if not 0 <= branch < len(self._lines):
            raise IndexError(f"there is no branch {branch + 1}: there are {len(self._lines)}.")
        return branch

    def find(self, iteration: int, phase: str | None = None) -> int | None:
        """The index of a step of this iteration (its last phase by default) on the current branch, or None."""
        steps = enumerate(self._lines[self._branch])
        found = [index for index, step in steps if step.iteration == iteration and phase in (None, step.phase)]
        return found[-1] if found else None

"""What the README says is what happens."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from emtui.settings.keys import EXPLORE

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks() -> list[tuple[str, str]]:
    """The fenced blocks in their order: language and text."""
    found, language, lines = [], None, []
    for line in README.splitlines():
        if not line.startswith("```"):
            lines.append(line)
        elif language is None:
            language, lines = line[3:], []
        else:
            found.append((language, "\n".join(lines)))
            language = None
    return found


def test_the_python_example_prints_what_is_printed_below_it():
    found = blocks()
    place = next(i for i, (language, text) in enumerate(found) if language == "python" and "engine.fit" in text)
    example, expected = found[place][1], found[place + 1][1]
    ran = subprocess.run([sys.executable, "-c", example], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == expected.strip()


def test_the_shell_example_prints_what_is_printed_below_it():
    said = next(text for _, text in blocks() if text.startswith("$ emtui run")).splitlines()
    command, expected = said[0].removeprefix("$ emtui ").split(), said[1:]
    ran = subprocess.run(
        [sys.executable, "-m", "emtui", *command], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    cut = expected.index("…")
    assert ran[:cut] == expected[:cut]
    assert ran[-(len(expected) - cut - 1) :] == expected[cut + 1 :]


def test_every_key_of_the_explorer_is_in_the_table():
    table = README.split("## Keys", 1)[1].split("\n## ", 1)[0]
    names = {"left_square_bracket": "[", "right_square_bracket": "]", "plus": "+", "minus": "-", "question_mark": "?"}
    names |= {"left_curly_bracket": "{", "right_curly_bracket": "}", "left": "←", "right": "→", "escape": "esc"}
    for binding in EXPLORE:
        if (binding.id or "").startswith("look.pane"):
            continue
        key = binding.key.split(",")[0]
        assert f"`{names.get(key, key)}`" in table, binding.id


def test_the_table_of_packages_is_what_is_installed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    section = README.split("## What it stands on", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ") and "package" not in line]
    told = {name.strip() for row in rows for name in row.split(",")}
    assert told == {re.split("[<>=]", words)[0] for words in project["dependencies"]}
    for words in project["optional-dependencies"]["test"]:
        name = re.split("[<>=]", words)[0]
        assert name in section or name.endswith("-stubs"), name


def test_every_file_of_the_house_is_there():
    house = README.split("## The house", 1)[1].split("```")[1]
    there = {path.name for folder in ("engine", "emtui") for path in (ROOT / folder).rglob("*.py")}
    assert set(re.findall(r"[a-z_]+\.py\b", house)) <= there

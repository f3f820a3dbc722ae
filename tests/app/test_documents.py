"""What the README and the guide's chapters say is what happens: every screen, command and Python example."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest
from documents import DOCUMENTS, GUIDE, ROOT, Block, Recipe, all_blocks, blocks, in_a_folder_with_files, taken
from shell import ENVIRONMENT

import engine
from emtui.cli.arguments import COMMANDS, parse
from emtui.screens.guide.chapters import NAMES, chapters
from emtui.settings.keys import EXPLORE
from emtui.spec.choose import choose
from emtui.spec.parameters_file import params_as_lists
from emtui.spec.train_test_split import problem_of
from engine.em.loop import begin_problem

README = (ROOT / "README.md").read_text(encoding="utf-8")
KINDS = {"screen", "console", "sh", "python", "py", "output", "text", "toml", "bash", "json"}


def named(*kinds: str) -> pytest.MarkDecorator:
    """The blocks of these kinds, one test each."""
    found = all_blocks(*kinds)
    return pytest.mark.parametrize("block", found, ids=[block.name for block in found])


def commands(block: Block) -> list[tuple[str, list[str]]]:
    """The commands of a shell block and what is printed below each."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ ") or block.kind == "sh":
            found.append((line.removeprefix("$ ").split("  #")[0], []))
        else:
            found[-1][1].append(line)
    return found


def ran(command: str, cwd: Path) -> list[str]:
    """What a command line prints, in the shell."""
    line = re.sub(r"(^|(?<=\| ))emtui\b", f"{shlex.quote(sys.executable)} -m emtui", command)
    done = subprocess.run(
        ["bash", "-c", line], cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False
    )
    return (done.stdout + done.stderr).splitlines()


def agrees(printed: list[str], told: list[str]) -> bool:
    """What is told is what was printed, but for what `…` stands for; seconds are of the machine."""
    if any("seconds" in line for line in told):
        seconds = re.compile(r"\d+\.\d{3} \(\d+\.\d{3}\)")
        printed, told = ([seconds.sub("t", line, count=1) for line in lines] for lines in (printed, told))
    pattern = "\n".join(".*" if line == "…" else re.escape(line) for line in told)
    return re.fullmatch(pattern, "\n".join(printed), re.DOTALL) is not None


@named("screen")
async def test_a_screen_is_what_the_app_shows(block):
    with in_a_folder_with_files():
        assert await taken(Recipe.read(block.info)) == block.text


@named("console", "sh")
def test_a_command_prints_what_stands_below_it(block):
    with in_a_folder_with_files() as folder:
        for command, told in commands(block):
            words = shlex.split(command)
            if words[0] == "emtui" and words[1] not in COMMANDS:
                choose(**parse(words[1:], str).spec)  # it opens the app
            else:
                printed = ran(command, folder)
                assert agrees(printed, told), "\n".join(printed)


@named("python")
def test_a_python_example_prints_what_stands_below_it(block):
    after = next((one for one in blocks(block.path) if one.line > block.line), None)
    with in_a_folder_with_files() as folder:
        done = subprocess.run(
            [sys.executable, "-c", block.text], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True
        )
    assert done.stdout.strip() == (after.text.strip() if after is not None and after.kind == "output" else "")


@pytest.mark.parametrize("path", DOCUMENTS, ids=[path.stem for path in DOCUMENTS])
def test_blocks_links_and_commands_of_a_document_hold(path):
    text = path.read_text(encoding="utf-8")
    prose = "".join(text.split("```")[::2])
    assert {block.kind for block in blocks(path)} <= KINDS
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        name, _, heading = target.partition("#")
        there = path.parent / name if name else path
        assert there.is_file(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}, target
    for words in re.findall(r"`emtui ([^`]*)`", prose):
        if not re.search(r"…|\b[A-Z]{3,}\b|--help|--version", words):
            parse(shlex.split(words), str)


def test_every_chapter_is_listed_and_shows_something_of_the_app():
    assert {path.stem for path in GUIDE.glob("*.md")} == set(NAMES)
    for chapter in chapters():
        assert chapter.title and 20 < len(chapter.about) < 250, chapter.name
        assert any(block.kind in ("screen", "console", "output") for block in blocks(GUIDE / f"{chapter.name}.md"))
        assert "```screen" not in chapter.text


def test_the_readme_is_short_and_shows_three_screens():
    assert len(README.splitlines()) <= 250
    assert len(all_blocks("screen")) >= 25
    assert sum(block.kind == "screen" for block in blocks(ROOT / "README.md")) == 3
    assert all(f"emtui/guide/{name}.md" in README for name in NAMES)


@pytest.mark.parametrize("path", [ROOT / "README.md", GUIDE / "explorer.md"], ids=["README", "explorer"])
def test_every_key_of_the_explorer_is_in_the_table(path):
    table = re.split(r"## (?:The )?[Kk]eys\n", path.read_text(encoding="utf-8"))[1].split("\n## ", 1)[0]
    names = {"left_square_bracket": "[", "right_square_bracket": "]", "plus": "+", "minus": "-", "question_mark": "?"}
    names |= {"left_curly_bracket": "{", "right_curly_bracket": "}", "left": "←", "right": "→", "escape": "esc"}
    for binding in EXPLORE:
        if (binding.id or "").startswith("look.pane"):
            continue
        key = binding.key.split(",")[0]
        assert f"`{names.get(key, key)}`" in table, binding.id


def test_the_table_of_packages_is_what_is_installed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    section = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## What it stands on", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ") and "package" not in line]
    told = {name.strip() for row in rows for name in row.split(",")}
    needed = [
        *project["dependencies"],
        *(name for extra in ("files", "pictures") for name in project["optional-dependencies"][extra]),
    ]
    assert told == {re.split("[<>=]", words)[0] for words in needed}
    for words in project["optional-dependencies"]["test"]:
        name = re.split("[<>=]", words)[0]
        assert name in section or name.endswith("-stubs"), name


ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def rooms() -> set[str]:
    """The folders that the picture of the house names."""
    picture = next(part for part in ARCHITECTURE.split("```") if "\nengine/ " in part)
    found, above = set(), {-1: ""}
    for line in picture.splitlines()[1:]:
        if match := re.match(r"( *)(\w+)/ ", line):
            depth = len(match[1]) // 2
            above[depth] = f"{above[depth - 1]}{match[2]}/"
            found.add(above[depth])
    return found


def test_every_room_is_in_the_picture_of_the_house_and_there_is_no_other():
    there = {
        f"{folder.relative_to(ROOT).as_posix()}/"
        for top in ("engine", "emtui", "datasets", "tests")
        for folder in [ROOT / top, *(ROOT / top).rglob("*")]
        if folder.is_dir() and any(path.is_file() for path in folder.iterdir()) and folder.name != "__pycache__"
    }
    assert rooms() == {room for room in there if not room.startswith("engine/_data")}
    loose = [path for path in (ROOT / "engine").glob("*.py") if path.name != "__init__.py"]
    assert all(f"`engine/{path.name}`" in ARCHITECTURE for path in loose)


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_file_and_name_that_is_told_of_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for path in re.findall(r"`((?:engine|emtui|tests)/[\w/.]+)`", text):
        assert (ROOT / path).exists(), path
    for word, path in re.findall(r"`(\w+)`\s+in\s+`([\w/]+\.py)`", text):
        assert re.search(rf"^\s*(def|class) {word}\b|^{word}\b", (ROOT / path).read_text("utf-8"), re.MULTILINE), word


@named("json")
def test_a_start_file_of_the_guide_begins_what_it_stands_for(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "start.json"
    file.write_text(block.text)
    words = shlex.split(block.info)[1:]
    spec = choose(**parse([*words, "--start", str(file)], str).spec)
    step = begin_problem(problem_of(spec), spec.start)
    given = msgspec.json.decode(block.text)
    held = params_as_lists(step.params)
    assert step.events == () and set(given) <= set(held)
    for name in given:
        assert name == "deeper" or held[name] == given[name], name


def test_every_model_has_a_start_file_in_the_guide() -> None:
    models = {choose(**parse(shlex.split(block.info)[1:], str).spec).model.name for block in all_blocks("json")}
    assert models == set(engine.model_names())

"""What a type checker tells a user: the wheel brings its types, and every name that `engine` offers has one."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import engine

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import engine

data = engine.load("iris")
model = engine.GaussianMixture(n_components=3)
run = engine.fit(model, data.X, seed=0, stopping=engine.stopping.ResponsibilityChange(1e-4))
agreement = engine.agreement(run.labels, data.y)
reveal_type((data, model, run, run.params, run.labels, run.objectives, run.stop_reason, agreement.hits))
for step in engine.iterate(model, data.X, max_iter=2):
    reveal_type((step, step.params.means, step.kl, step.phase))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own with the wheel in it, and after that what it stands on."""
    folder = tmp_path_factory.mktemp("typing")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    venv.create(folder / "env", with_pip=False, symlinks=True)
    (site,) = (folder / "env" / "lib").glob("python*/site-packages")
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    (site / "peers.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "env" / "bin" / "python"


def test_mypy_sees_what_a_user_is_given(python, tmp_path):
    names = "\n".join(f"reveal_type(engine.{name})" for name in dir(engine))
    (tmp_path / "user.py").write_text(PROGRAM + names + "\n")
    (tmp_path / "mypy.ini").write_text("[mypy]\n")
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MYPYPATH")}
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), "user.py"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = [line.split('Revealed type is "', 1)[1][:-1] for line in done.stdout.splitlines() if "Revealed" in line]
    assert len(told) == 2 + len(dir(engine))
    assert "Any" not in told[2:]
    theta = "engine.models.gaussian.params.GaussianParams"
    values = (
        "engine.data.dataset.Dataset",
        "engine.models.gaussian.mixture.GaussianMixture",
        f"engine.em.run.Run[{theta}]",
        theta,
    )
    assert told[0].startswith(f"tuple[{', '.join(values)}, numpy.ndarray[") and told[0].endswith(", str, int]")
    assert told[1].startswith(f"tuple[engine.em.step.Step[{theta}], numpy.ndarray[")


def test_both_packages_say_that_they_are_typed(python):
    for package in ("engine", "emtui"):
        assert next(python.parents[1].glob(f"lib/python*/site-packages/{package}/py.typed")).is_file()

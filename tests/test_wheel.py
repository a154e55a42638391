"""The wheel carries all it needs: installed elsewhere, it answers a question."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_wheel_answers_outside_the_checkout(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "env", system_site_packages=False, with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", wheel], check=True, capture_output=True
    )
    # The dependencies are this environment's: installing them again would download gigabytes.
    libraries = next(p for p in map(Path, sys.path) if p.name == "site-packages")
    (python.parent.parent / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "libraries.pth").write_text(
        f"{libraries}\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    program = "import assistant, index, eval; print(assistant.__file__); print(assistant.answer('令和7年度のAI関連の予算はいくらですか。').text)"
    got = subprocess.run(
        [python, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert str(tmp_path) in got.stdout.splitlines()[0]
    assert "1,969億円" in got.stdout

"""What the README shows is what comes out."""

import contextlib
import io
import re
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


@pytest.mark.usefixtures("by_default")
def test_the_python_example_prints_what_is_shown():
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(blocks("python")[0], "README.md", "exec"), {})
    assert printed.getvalue() == blocks("text")[0]


def test_every_command_of_the_readme_exists(capsys):
    from index.command import main

    for line in blocks("sh")[1].splitlines():
        words = line.split("#")[0].split()
        action = words[1:3] if words[1] == "index" else words[1:2]
        with pytest.raises(SystemExit) as stop:
            main([*action, "--help"])
        assert stop.value.code == 0


def test_links_lead_somewhere():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (Path(__file__).parent.parent / target).exists(), target

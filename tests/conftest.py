"""Options that all tests share.

What is not about reading is tested with the fast first reader; tests of the trained one (and the
gate, README and notebooks) take the variable away.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("busy", deadline=None)  # a busy machine is no failure
settings.load_profile("busy")
os.environ.setdefault("TENKYO_READER", "words")


def pytest_addoption(parser):
    parser.addoption(
        "--documents",
        type=Path,
        help="a folder of real documents on which the readers are tried as well",
    )


@pytest.fixture(scope="session")
def documents(request):
    """The folder given by --documents; tests that need it are left out without."""
    folder = request.config.getoption("--documents")
    if folder is None:
        pytest.skip("needs --documents DIR")
    return folder


@pytest.fixture
def by_default(monkeypatch):
    """Read as an installed package does: with the weights that came with it."""
    monkeypatch.delenv("TENKYO_READER", raising=False)

"""Options that all tests share."""

from pathlib import Path

import pytest


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

"""A plugin of pytest: the files are run in the order in which the command names them, whatever order they ask for."""

from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    named = {Path(word).resolve(): place for place, word in enumerate(config.invocation_params.args)}
    items.sort(key=lambda item: named.get(item.path, len(named)))

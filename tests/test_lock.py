"""The exact versions in requirements*.lock: what requirements*.txt ask for, all of it, and what the tests run with."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench import licences
from vae_core.settings import PROJECT

PINNED = re.compile(r"^([\w.-]+)==(\S+)( ; .+?)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)
PYTHONS = ("3.11", "3.12", "3.13")
SYSTEMS = (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))
HERE = {key: str(value) for key, value in default_environment().items()}


def read(name: str) -> dict[str, tuple[str, str]]:
    """The version and the marker of each package."""
    text = (PROJECT / name).read_text("utf-8")
    found = {name: (version, marker.removeprefix(" ; ")) for name, version, marker, _ in PINNED.findall(text)}
    assert len(found) == len(re.findall("^[^# ]", text, re.MULTILINE)), "a line without hashes"
    return found


@pytest.fixture(scope="module")
def pins() -> dict[str, tuple[str, str]]:
    whole, dev = read("requirements.lock"), read("requirements-dev.lock")
    assert {name: dev[name] for name in dev if name in whole} == {name: whole[name] for name in whole if name in dev}
    return {**whole, **dev}


def asked() -> Iterator[Requirement]:
    """What the two lists ask for."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (line.partition("#")[0].strip() for line in (PROJECT / name).read_text("utf-8").splitlines())
        yield from map(Requirement, filter(None, lines))


def test_every_range_has_its_version(pins):
    for each in asked():
        assert each.specifier.contains(pins[canonicalize_name(each.name)][0]), each


def test_no_range_is_written_twice_and_each_has_its_reason():
    names = [canonicalize_name(each.name) for each in asked()]
    assert len(set(names)) == len(names)
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (PROJECT / name).read_text("utf-8").splitlines():
            assert not line or "# " in line, line


def test_the_wheel_is_built_by_what_the_tests_run_with():
    build = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    assert set(map(Requirement, build)) <= set(asked())


def test_what_they_need_themselves_is_there_too_on_every_python_and_system(pins):
    for name in pins:
        for line in _needed(name):
            for place in places():
                if _holds(pins[name][1], place) and (line.marker is None or line.marker.evaluate(place)):
                    version, marker = pins[canonicalize_name(line.name)]
                    assert line.specifier.contains(version, prereleases=True) and _holds(marker, place), (name, line)


def places() -> Iterator[dict[str, str]]:
    """Where all of it has to be complete."""
    for python in PYTHONS:
        for system, name, kind in SYSTEMS:
            yield {
                **HERE,
                "python_version": python,
                "python_full_version": f"{python}.0",
                "sys_platform": system,
                "platform_system": name,
                "os_name": kind,
            }


def _needed(name: str) -> list[Requirement]:
    try:
        lines = distribution(name).requires or []
    except PackageNotFoundError:
        return []  # on another system
    return [each for each in map(Requirement, lines) if "extra ==" not in str(each.marker)]


def _holds(marker: str, place: dict[str, str]) -> bool:
    return not marker or Marker(marker).evaluate(place)


def test_the_tests_run_with_these_versions(pins):
    wanted = {name: version for name, (version, marker) in pins.items() if _holds(marker, HERE)}
    assert {name: distribution(name).version for name in wanted} == wanted


def test_every_package_has_its_licence_in_the_list():
    found = licences.needed_for()
    assert set(found) == {name for name, (_, marker) in read("requirements.lock").items() if _holds(marker, HERE)}
    assert licences.table() == (PROJECT / "docs" / "licences.md").read_text("utf-8")

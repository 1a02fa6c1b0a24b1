"""Where trials are kept: a database that is away for a while, its password, and why a cluster has no file."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from searching import asked
from sqlalchemy.exc import ArgumentError, OperationalError
from test_places import CLUSTER
from workers import new

from vae_core.errors import LoupeError
from vae_core.runs import jobs
from vae_core.search import storage, study

URL = "postgresql://me:a%3Asecret%2Fword@db.example.org:5432/trials"
SECRETS = ("a:secret/word", "a%3Asecret%2Fword")


@pytest.fixture
def cluster(settings):
    return replace(settings, places=(CLUSTER,), study_storage=URL)


@pytest.mark.parametrize("said", [URL, "the password a:secret/word is wrong", "of a%3Asecret%2Fword, nothing"])
def test_what_goes_wrong_is_told_without_the_password(cluster, said):
    with pytest.raises(LoupeError) as told, storage.told("a-search", cluster):
        raise ArgumentError(said)
    assert not any(secret in str(told.value) for secret in SECRETS) and "..." in str(told.value)
    assert told.value.__cause__ is None and not any(secret in repr(cluster) for secret in SECRETS)
    assert storage.hidden("of 99 pieces", "postgresql:///x?user=me&password=99") == "of ... pieces"
    assert storage.hidden("no secret", "sqlite:////home/me/studies.db") == "no secret"


@pytest.mark.skipif(sys.platform == "win32", reason="Slurm is on no Windows")
def test_a_job_is_told_of_the_database_by_no_file(cluster, tmp_path, monkeypatch):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "sbatch").write_text(f"#!/bin/sh\nenv > {tmp_path}/told; echo 7\n")
    (programs / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    run = new(cluster)
    jobs.start(cluster, run, place="cluster")
    assert f"LOUPE_STUDY_STORAGE={URL}" in (tmp_path / "told").read_text()
    written = b"".join(path.read_bytes() for path in run.path.rglob("*") if path.is_file())
    assert b"LOUPE_CHECKPOINTS" in written and b"secret" not in written and b"STUDY_STORAGE" not in written


def test_who_is_away_is_asked_again_until_somebody_gives_up(monkeypatch):
    away = OperationalError("SELECT 1", {}, Exception("connection refused"))
    answers, waited = iter([away, RuntimeError(), 5]), []
    monkeypatch.setattr(storage, "RETRY_SECONDS", 0.0)

    def ask():
        found = next(answers)
        if isinstance(found, RuntimeError):
            raise found from away  # as Optuna says it
        if isinstance(found, Exception):
            raise found
        return found

    assert storage.patiently(ask, lambda: waited.append(1)) == 5 and len(waited) == 2
    for final in (OperationalError("", {}, Exception("password authentication failed for user")), ValueError("no")):
        with pytest.raises(type(final)):
            storage.patiently(lambda final=final: (_ for _ in ()).throw(final), lambda: waited.append(1))

    def give_up():
        raise jobs.Stopped("stopped")

    with pytest.raises(jobs.Stopped):
        storage.patiently(lambda: (_ for _ in ()).throw(away), give_up)
    assert len(waited) == 2


@pytest.mark.parametrize("url", ["", "sqlite:////home/me/studies.db"])
def test_a_cluster_refuses_a_file_of_trials(cluster, url):
    settings = replace(cluster, study_storage=url)
    found = study.create(settings, asked())
    with pytest.raises(LoupeError, match=r"PostgreSQL.*optuna#5138.*optuna#5971.*docs/cluster\.md"):
        found.start(2, "cluster")
    assert not found.workers()

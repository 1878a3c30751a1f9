"""The programs that made a run: the commit of the study, and a lock of the libraries."""

from __future__ import annotations

from pathlib import Path

COMMIT_TAG, DIRTY_TAG = "mlflow.source.git.commit", "mlflow.source.git.dirty"


def git_tags() -> dict[str, str]:
    """Return the commit of the folder in which the study runs, and whether files differ from it.

    Branch and address are not told: they may name a person. Nothing where there is no commit.
    """
    try:
        from git import Repo

        with Repo(Path.cwd(), search_parent_directories=True) as repository:
            commit = repository.head.commit.hexsha
            return {COMMIT_TAG: commit, DIRTY_TAG: str(repository.is_dirty()).lower()}
    except Exception:
        return {}

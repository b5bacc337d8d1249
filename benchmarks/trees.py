"""Which commit's code a benchmark runs: this one's, or another's from a worktree under .local."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.settings import ROOT

WORKTREES = ROOT / ".local" / "trees"
ENVIRONMENT_OF = ("requirements.lock", "sandbox/ivy.xml")
"""The files that say what is in an environment: Python packages, and the Java libraries beside them."""


@dataclass(frozen=True)
class Tree:
    """The files of one commit, and the Python that runs them."""

    root: Path
    python: Path

    @property
    def commit(self) -> str:
        """The commit's full id; with a plus if files that git knows have changed since."""
        changed = _git("status", "--porcelain", "--untracked-files=no", folder=self.root)
        return _git("rev-parse", "HEAD", folder=self.root) + ("+" if changed else "")


HERE = Tree(ROOT, Path(sys.executable))


def tree_of(commit: str) -> Tree:
    """A worktree of a commit, made once. It shares this environment if that commit asks for the same, else has its own.

    Raises:
        subprocess.CalledProcessError: git does not know the commit, or its environment can't be built.
    """
    full = _git("rev-parse", "--verify", f"{commit}^{{commit}}", folder=ROOT)
    root = WORKTREES / full[:12]
    if not root.exists():
        # --force: `make clean` removes the folder, and git still has it on its list.
        _git("worktree", "add", "--force", "--detach", str(root), full, folder=ROOT)
    if all((root / name).read_bytes() == (ROOT / name).read_bytes() for name in ENVIRONMENT_OF):
        return Tree(root, HERE.python)
    subprocess.run(["make", "-C", str(root), ".venv/installed", f"PYTHON={sys.base_prefix}/bin/python3"], check=True)
    return Tree(root, root / ".venv" / "bin" / "python")


def _git(*arguments: str, folder: Path) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

"""Sets up this machine: Java libraries, Spark's configuration, dbt's packages. Does only what is not done yet."""

import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.console import console
from sandbox.jars import fetch_jars
from sandbox.java import find_java
from sandbox.settings import ROOT, SandboxSettings, private_folder
from sandbox.spark import write_spark_conf

DBT = Path(sys.executable).with_name("dbt")
PACKAGES = ROOT / "dbt_packages"
OFFLINE_PACKAGES = ROOT / "dbt_project" / "offline_packages"


def set_up(settings: SandboxSettings) -> None:
    """Set up what is missing.

    Raises:
        UserError: no fit Java, or something can't be fetched.
    """
    find_java()
    private_folder(settings.state)
    with console.status("Fetching Java libraries (about 60 MB, once; a minute) ..."):
        if fetch_jars(settings):
            console.print("Java libraries: fetched.")
    write_spark_conf(settings)
    with console.status("Installing dbt packages ..."):
        if line := install_dbt_packages(settings):
            console.print(line)


def install_dbt_packages(settings: SandboxSettings) -> str | None:
    """Install what packages.yml names, or our offline stand-ins where the package hub can't be reached.

    Returns:
        What was done, None if the packages were there.
    """
    if PACKAGES.exists():
        return None
    log = settings.logs / "dbt_deps.log"
    with log.open("w") as output:
        try:
            code = subprocess.run(
                [str(DBT), "deps"], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, timeout=120, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            code = 1
    if code == 0:
        return "dbt packages: installed from the package hub."
    shutil.rmtree(PACKAGES, ignore_errors=True)
    shutil.copytree(OFFLINE_PACKAGES, PACKAGES)
    return (
        "dbt packages: the package hub can't be reached, so the project's own offline versions are used "
        "(dbt_project/offline_packages). To try the hub again: rm -r dbt_packages && make setup"
    )

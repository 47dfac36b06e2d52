"""One small Spark for all of these tests; without pyspark or Java 17 every one of them says that it was left out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

_JAVA = 17


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"))
            # Its own sockets to Java, and what it does with them at exit.
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))


@pytest.fixture(scope="session")
def java() -> None:
    """Skips where Spark cannot run."""
    if find_spec("pyspark") is None:
        pytest.skip("NO SPARK: pyspark is not installed; pip install 'reality-jobs[spark]'")
    if not _version() >= _JAVA:
        pytest.skip(f"NO SPARK: there is no Java {_JAVA} or newer in JAVA_HOME or PATH")


@pytest.fixture(scope="session")
def session(java: None) -> Iterator[Any]:
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    # Processes of its own import what the tests import.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        # Blocks are as large as a test says.
        "spark.sql.files.openCostInBytes": "0",
        "spark.sql.files.minPartitionNum": "1",
    }
    builder = import_module("pyspark.sql").SparkSession.builder.master("local[2]").config(map=settings)
    made = builder.getOrCreate()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def spark(java: None) -> Any:
    """The module under test, which cannot be imported without pyspark."""
    return import_module("reality_jobs.engines.spark")


def _version() -> int:
    home = os.environ.get("JAVA_HOME")
    program = Path(home, "bin", "java") if home else "java"
    try:
        said = subprocess.run([program, "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0

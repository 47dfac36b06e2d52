"""A Spark session of a command's own: small, in UTC, and silent."""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SETTINGS: Final = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.warehouse.dir": os.path.join(tempfile.gettempdir(), "reality-jobs-warehouse"),  # noqa: PTH118
}


class SparkFailedError(Exception):
    """Spark does not start, or failed on the way; the text says why."""


@contextmanager
def started(master: str) -> Iterator[SparkSession]:
    """A session that ends with the block. What Java prints goes nowhere, and so does what its Python workers print.

    Raises SparkFailedError, in place of Spark's own errors in the block too, and ImportError without pyspark.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    if master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # PySpark logs every error that it raises as JSON, to stderr.
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).disabled = True
    builder = SparkSession.builder.master(master).appName("reality-jobs").config(map=dict(_SETTINGS))
    with tempfile.TemporaryFile() as printed, warnings.catch_warnings(action="ignore"):
        try:
            with _printing_to(printed.fileno()):
                session = builder.getOrCreate()
        except (PySparkException, Py4JError) as error:
            printed.seek(0)
            raise SparkFailedError(_reason(printed.read().decode("utf-8", "replace"), str(error))) from error
        try:
            yield session
        except (PySparkException, Py4JError) as error:
            raise SparkFailedError(_reason("", str(error))) from error
        finally:
            session.stop()


def _reason(printed: str, message: str) -> str:
    """The one line that tells people something."""
    if thrown := _THROWN.search(printed) or _THROWN.search(message):
        return thrown[1]
    if "JAVA_GATEWAY_EXITED" in message:
        return "it needs Java 17 or newer, in JAVA_HOME or PATH"
    return message.strip().partition("\n")[0]


_THROWN: Final = re.compile(r"^(?:Exception in thread [^:]*|: [\w.$]+): ?(.+)$", re.MULTILINE)


@contextmanager
def _printing_to(file: int) -> Iterator[None]:
    """Processes that start here print to a file, not to the streams of this one."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    try:
        os.dup2(file, 1)
        os.dup2(file, 2)
        yield
    finally:
        for stream, number in zip((1, 2), kept, strict=True):
            os.dup2(number, stream)
            os.close(number)

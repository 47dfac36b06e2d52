"""The package as others meet it: light to import, complete when built, documented."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import import_module, resources
from pathlib import Path
from pkgutil import walk_packages

import pytest

import reality_jobs

ROOT = Path(__file__).parents[2]
PACKAGE = Path(reality_jobs.__file__).parent

# What this step owes of the public names.
PUBLIC = (
    "BadRequest",
    "CacheError",
    "Conflict",
    "F",
    "Filter",
    "FilterRefused",
    "InvalidFilter",
    "InvalidRecord",
    "InvalidSpec",
    "Job",
    "NotFound",
    "OutcomeUnknown",
    "PagingError",
    "PlanTooLarge",
    "Problem",
    "RateLimited",
    "RealityJobsError",
    "ServiceError",
    "ServiceUnavailable",
    "Unanswerable",
    "Unauthorized",
    "complete",
    "parse",
    "problems",
    "read_export",
    "services",
)
JOB = (
    "service",
    "id",
    "itwin_id",
    "name",
    "email",
    "user_id",
    "type",
    "state",
    "created_date_time",
    "created_ticks",
    "input_ids",
    "output_ids",
    "raw",
    "details",
)
HEAVY = {"cattrs", "lark", "httpx", "click", "rich", "starlette", "uvicorn", "sqlglot", "duckdb", "narwhals", "asyncio"}

LOADED = """
import json, sys
before = set(sys.modules)  # what measures the tests has loaded things of its own
import reality_jobs
first = sorted(sys.modules.keys() - before)
from reality_jobs import *
second = sorted({name.partition(".")[0] for name in sys.modules.keys() - before})
parse("state eq 'Success'").matches({"state": "success"})
print(json.dumps([first, second, sorted({name.partition(".")[0] for name in sys.modules.keys() - before})]))
"""


def loaded(code: str, *args: str) -> list[set[str]]:
    """What the last line of a program's output says it has loaded."""
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True)
    return [set(names) for names in json.loads(done.stdout.splitlines()[-1])]


def test_importing_loads_nothing_heavy() -> None:
    imported, named, used = loaded(LOADED)
    assert {name for name in imported if name.startswith("reality_jobs")} == {"reality_jobs"}
    assert {"attrs", "msgspec", "inspect"} & imported == set()
    assert HEAVY & named == set()
    assert HEAVY & used == set()


# What a filter over files never uses; late imports are easily lost by one line elsewhere.
UNUSED = HEAVY - {"click"} | {
    "anyio", "backports", "concurrent", "email", "hmac", "http", "hyperscan", "isal", "multiprocessing", "polars",
    "secrets", "sqlite3", "ssl", "stamina", "xml",
    "reality_jobs._cli.drawing", "reality_jobs._cli.line", "reality_jobs._cli.live", "reality_jobs._cli.table",
    "reality_jobs.client", "reality_jobs.emulator", "reality_jobs.exports.beside", "reality_jobs.exports.checkpoint",
    "reality_jobs.exports.durable", "reality_jobs.exports.index", "reality_jobs.exports.parquet",
    "reality_jobs.plan", "reality_jobs.syntax.checks", "reality_jobs.syntax.completion", "reality_jobs.syntax.making",
    "reality_jobs.syntax.refusal", "reality_jobs.syntax.scan", "reality_jobs.syntax.tokens",
}  # fmt: skip

FILTERED = """
import json, sys
before = set(sys.modules)
from reality_jobs.__main__ import main
try:
    main()
finally:
    print(json.dumps([sorted(sys.modules.keys() - before)]))
"""


def test_filtering_a_file_loads_only_what_it_uses(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    path.write_text('{"id":"a","state":"failed","type":"Full","jobSettings":{}}\n' * 3)
    (used,) = loaded(FILTERED, "filter", "state eq 'failed'", str(path))
    assert {"click", "reality_jobs.exports.reading"} <= used
    assert UNUSED & used == set()


def test_names_come_late_and_are_the_same() -> None:
    assert {*reality_jobs.__all__} <= {*dir(reality_jobs)}
    assert reality_jobs.Filter is import_module("reality_jobs.filters").Filter
    assert reality_jobs.services is import_module("reality_jobs.services")
    for module, name in ((reality_jobs, "TYPO"), (import_module("reality_jobs.exports"), "json")):
        with pytest.raises(AttributeError) as caught:
            getattr(module, name)
        assert str(caught.value) == f"module '{module.__name__}' has no attribute '{name}'"


def test_public_names() -> None:
    assert sorted(reality_jobs.__all__) == sorted(PUBLIC)
    client = import_module("reality_jobs.client")
    for owner, names in ((reality_jobs, PUBLIC), (reality_jobs.Job, JOB), (client, ["Client"])):
        assert [name for name in names if not hasattr(owner, name) and name not in _fields(owner)] == []
    undocumented = [
        name
        for name in PUBLIC
        if name != "F" and not isinstance(getattr(reality_jobs, name), str) and not getattr(reality_jobs, name).__doc__
    ]
    assert undocumented == []


def _fields(owner: object) -> tuple[str, ...]:
    return tuple(getattr(owner, "__annotations__", ()))


def modules() -> Iterator[str]:
    yield "reality_jobs"
    for module in walk_packages(reality_jobs.__path__, "reality_jobs."):
        yield module.name


def test_every_module_says_what_it_is() -> None:
    names = list(modules())
    assert len(names) > 50
    silent = []
    for name in names:
        path = PACKAGE.joinpath(*name.split(".")[1:])
        source = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text("utf-8")
        if not ast.get_docstring(ast.parse(source)):
            silent.append(name)
    assert silent == []


@pytest.mark.parametrize("method", ["text", "predicate", "select", "matches", "plan"])
def test_the_methods_of_a_filter_are_documented(method: str) -> None:
    assert getattr(reality_jobs.Filter, method).__doc__


def test_the_marker_of_a_typed_package_is_there() -> None:
    assert resources.files("reality_jobs").joinpath("py.typed").read_text() == ""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a built wheel lies unpacked; beside an installed package, without a checkout, that is its own place."""
    if not (ROOT / "src").is_dir():
        return PACKAGE.parent
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = target.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(target / "site")
    return target / "site"


def test_the_wheel_holds_the_package_and_nothing_else(site: Path) -> None:
    held = {path.relative_to(site / "reality_jobs").as_posix() for path in files(site / "reality_jobs")}
    modules = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    assert held - {"grammar/README.md"} == modules | {"py.typed", "grammar/filter.lark"}


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")


def test_the_wheel_works_where_there_is_no_checkout(site: Path, tmp_path: Path) -> None:
    code = "import reality_jobs as r; print(r.__file__); print(r.parse(\"state eq 'Success' and id in ('x')\"))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(site)},
    )
    where, text = done.stdout.splitlines()
    assert Path(where) == site / "reality_jobs" / "__init__.py"
    assert text == "state eq 'Success' and id in ('x')"

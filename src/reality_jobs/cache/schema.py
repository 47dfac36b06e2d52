"""The tables of a cache, and how an older file becomes one of this release."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sqlite3 import Connection
from typing import Final

APPLICATION: Final = 0x524A6361
"""In the header of each file that is a cache (`PRAGMA application_id`)."""

# `jobs`, `job_inputs` and `job_outputs` are the canonical tables that filters are compiled for; two of them are views,
# since a number takes less room than the service and id of a job. Records are apart: what looks through `jobs` would
# have to read past them. The index by time leaves out jobs without one, so that nobody walks through all of it to have
# them in order, which takes longer than to read them as they stand and sort. `own` is 1 of jobs that a list of
# one's own jobs returned; of the others nobody knows whose they are, since records do not say it.
_TABLES: Final = """
CREATE TABLE jobs (
    n INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    id TEXT NOT NULL,
    itwin_id TEXT,
    name TEXT,
    email TEXT,
    type TEXT,
    state TEXT,
    created_ticks INTEGER,
    as_of INTEGER NOT NULL,
    own INTEGER NOT NULL,
    created_at TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', created_ticks / 10000000.0, 'unixepoch')) VIRTUAL
);
CREATE UNIQUE INDEX jobs_key ON jobs (id, service);
CREATE INDEX jobs_service ON jobs (service);
CREATE INDEX jobs_itwin ON jobs (itwin_id, created_ticks);
CREATE INDEX jobs_state ON jobs (state, created_ticks);
CREATE INDEX jobs_created ON jobs (created_ticks) WHERE created_ticks IS NOT NULL;

CREATE TABLE inputs (n INTEGER NOT NULL, input_id TEXT NOT NULL, PRIMARY KEY (n, input_id)) WITHOUT ROWID;
CREATE INDEX inputs_id ON inputs (input_id);
CREATE VIEW job_inputs AS SELECT service, id AS job_id, input_id FROM inputs JOIN jobs USING (n);

CREATE TABLE outputs (n INTEGER NOT NULL, output_id TEXT NOT NULL, PRIMARY KEY (n, output_id)) WITHOUT ROWID;
CREATE INDEX outputs_id ON outputs (output_id);
CREATE VIEW job_outputs AS SELECT service, id AS job_id, output_id FROM outputs JOIN jobs USING (n);

-- Jobs with a value that no column can hold. What a filter says of them is seen from their records.
CREATE TABLE odd_jobs (
    n INTEGER PRIMARY KEY, service TEXT NOT NULL, id TEXT NOT NULL, as_of INTEGER NOT NULL, own INTEGER NOT NULL,
    UNIQUE (id, service)
);

-- The record of each job and odd job, as JSON.
CREATE TABLE records (n INTEGER PRIMARY KEY, raw TEXT NOT NULL);

-- The filter whose jobs were all fetched, as text (NULL: all of one's own jobs), when that began, and the
-- latest time of creation of those that came (NULL: none did).
CREATE TABLE coverage (service TEXT NOT NULL, filter TEXT, as_of INTEGER NOT NULL, newest INTEGER);

-- What the planner is to think of any cache (https://sqlite.org/fileformat2.html, section 2.6.3): ids are what few jobs
-- share, states and services what many do. Without this it takes a state for as rare as an input.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 VALUES
    ('jobs', 'jobs_key', '1000000 1 1'),
    ('jobs', 'jobs_service', '1000000 300000'),
    ('jobs', 'jobs_itwin', '1000000 10000 1'),
    ('jobs', 'jobs_state', '1000000 200000 1'),
    ('jobs', 'jobs_created', '1000000 1'),
    ('inputs', 'inputs', '2000000 2 1'),
    ('inputs', 'inputs_id', '2000000 2 1'),
    ('outputs', 'outputs', '2000000 2 1'),
    ('outputs', 'outputs_id', '2000000 2 1');
"""

Step = Callable[[Connection], object]

STEPS: Final[Sequence[Step]] = ()
"""From schema 1 to 2, from 2 to 3, and so on. A release that reads records otherwise has to fill `jobs` anew, too."""


def version_of(connection: Connection) -> int:
    """The schema of the file; 0 where there is none yet."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def migrate(connection: Connection, steps: Sequence[Step] = STEPS) -> None:
    """Make the file one of the newest schema, all of it or nothing; several processes may try at once."""
    newest = len(steps) + 1
    if version_of(connection) >= newest:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection)
        if not version:
            for statement in _TABLES.split(";\n"):
                connection.execute(statement)
            version = 1
        for step in steps[version - 1 :]:
            step(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {newest}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")

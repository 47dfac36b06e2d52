"""Mistakes that a type checker must find. Read by type checkers only: a line with a mark must fail, no other may.

The mark is mypy's code of the error. `F.state == 5` alone is none, since every Python object may stand before `==`;
that its result is no Filter is.
"""

# ruff: noqa: B015, B018

from datetime import date, datetime
from uuid import UUID

from reality_jobs import F, Filter, Job, parse
from reality_jobs.client import Client

f = F.state == "Success"
client = Client(token="secret")  # noqa: S106
number: Filter = F.state == 5  #! assignment
combined = (F.name == 5) & f  #! operator
client.get(5)  #! arg-type
client.create({"type": "Full"}, 5)  #! arg-type
client.watch("a", every="often")  #! arg-type
listed = client.jobs(F.state == 5)  #! arg-type
ordered = F.name < 5  #! operator
null = F.name < None  #! operator
nothing = F.created_date_time >= None  #! operator
day = F.created_date_time >= date(2026, 1, 1)  #! operator
text_by_uuid = F.name >= UUID(int=0)  #! operator
id_by_day = F.id < datetime.now().astimezone()  #! operator
F.id.in_(UUID(int=0))  #! arg-type
F.id.in_(5)  #! arg-type
F.id.in_(None)  #! arg-type
F.id.in_([1, 2])  #! list-item
F.state.in_([b"a"])  #! list-item
F.name.in_([UUID(int=0)])  #! list-item
F.stat  #! attr-defined
F.iTwinId  #! attr-defined
F.created_date_time.between("a", "b")  #! attr-defined
F.state = F.name  #! misc
F.name & f  #! operator
F.name | "x"  #! operator
f & F.name  #! operator
f & "name eq 'x'"  #! operator
f + f  #! operator
f < f  #! operator
-f  #! operator
f(Job)  #! operator
f.matches("x")  #! arg-type
f.matches({}, missing="zero")  #! arg-type
f.predicate(5)  #! arg-type
f.plan("modeling-v1", "sometimes")  #! arg-type
f.plan(max_url="2048")  #! arg-type
Filter("state eq 'Success'")  #! arg-type
parse(b"state eq 'Success'")  #! arg-type
parse("state eq 'Success'", 5)  #! call-arg
Job.of([])  #! arg-type
Job("modeling-v1", {}).state = "x"  #! misc

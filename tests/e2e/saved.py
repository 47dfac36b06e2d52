"""Records for the tests, in the published shapes."""

from __future__ import annotations

import json

NAMES = (
    "[bold]Zürich[/bold]",
    '東京, "駅"',
    "\x1b[31mred\x1b[0m\u202e\r\nsecond line",
    "O'Brien; =1+1",
)


def v1(number: int, name: object, state: str = "success", **more: object) -> dict[str, object]:
    """A job of modeling-v1."""
    return {
        "id": guid(number),
        "name": name,
        "type": "Full",
        "state": state,
        "createdDateTime": f"2026-01-{number:02}T10:00:00Z",
        "lastModifiedDateTime": "2026-02-01T10:00:00Z",
        "location": "East US",
        "email": "surveyor@example.com",
        "workspaceId": guid(900),
        "inputs": [{"id": guid(100 + number), "description": "photos"}, {"id": guid(7), "description": "points"}],
        "jobSettings": {"quality": "Medium", "outputs": [{"format": "LAS", "id": guid(200 + number)}]},
        **more,
    }


def v2(number: int, name: str | None, state: str = "Success") -> dict[str, object]:
    """A job of modeling-v2."""
    return {
        "id": guid(number),
        "iTwinId": guid(800),
        "name": name,
        "type": "FillImageProperties",
        "state": state,
        "userId": guid(700),
        "executionInfo": {"createdDateTime": f"2026-01-{number:02}T10:00:00.1234567+00:00"},
        "specifications": {"inputs": {"sceneToProcess": guid(7)}, "outputs": {}},
    }


def guid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def line(record: dict[str, object]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


RECORDS = [*(v1(i, name) for i, name in enumerate(NAMES, 1)), v2(5, None), v2(6, "plain", "Failed")]

"""The lives of the emulator's jobs, by the test's clock: of those that are created, and of those that were there."""

from __future__ import annotations

import re
import subprocess

import httpx
import pytest

from reality_jobs import services
from reality_jobs.emulator.generate import generate
from reality_jobs.emulator.serve import Emulator
from reality_jobs.instants import SECOND, read_ticks
from tests.contract.desk import BODIES, CREATED, FEW, GUID, UNUSABLE, V1, V2, desk, generated, in_turn, refused, seconds
from tests.contract.test_emulator import NAMES, NO_OPERATION
from tests.e2e.program import PROGRAM, environment


class TestLives:
    @pytest.mark.parametrize("name", [name for name in CREATED if name in V2])
    def test_v2(self, name: str) -> None:
        with desk() as d:
            for _ in range(5):
                d.create(name)
            d.clock[0] += 700
            lucky = d.ids(name, "state eq 'Success'")
        with desk() as d:
            job_id = next(i for i in iter(lambda: d.submitted(name), None) if i in lucky)
            created = d.job(name, job_id)
            seen = d.until_ended(name, job_id)
            ended = d.job(name, job_id)
            told = d("GET", name, f"/{job_id}/messages")
        assert in_turn(state for state, _ in seen) == ["Queued", "Active", "Success"]
        # Our choice: there is none before the job has left the queue.
        assert {progress is None for state, progress in seen if state == "Queued"} == {True}
        running = [progress for state, progress in seen if progress is not None]
        assert all(set(p) == {"percentage", "state"} for p in running)
        assert [p["state"] for p in running] == [state for state, _ in seen if state != "Queued"]
        assert in_turn(p["percentage"] for p in running) == list(range(0, 101, 5))
        info = ended["executionInfo"]
        assert set(info) == {"createdDateTime", "startedDateTime", "endedDateTime", "processingUnits"}
        assert 20 <= seconds(info["createdDateTime"], info["startedDateTime"]) <= 60
        assert 300 <= seconds(info["startedDateTime"], info["endedDateTime"]) <= 600
        assert info["processingUnits"] > 0
        changed = {"state", "executionInfo"}
        assert {k: v for k, v in ended.items() if k not in changed} == {
            k: v for k, v in created.items() if k not in changed
        }
        assert told in [(200, {"messages": {"errors": [], "warnings": w}}) for w in ([], [FEW])]

    @pytest.mark.parametrize("name", [name for name in CREATED if name in V1])
    def test_v1(self, name: str) -> None:
        word = "submittedDateTime" if name == "modeling-v1" else "submissionDateTime"
        start = "Unsubmitted" if name == "modeling-v1" else "unsubmitted"
        with desk() as d:
            job_id = d.create(name)["id"]
            d.clock[0] += 86_400
            before = d.job(name, job_id)
            assert (before["state"], d.progress(name, job_id)) == ("unsubmitted", {"percentage": 0, "state": start})
            status, body = d("PATCH", name, f"/{job_id}", {"state": "Active"})
            assert status == 200
            assert body["job"] == before | {
                "state": "active",
                "lastModifiedDateTime": "2026-11-24T12:00:00Z",
                "executionInformation": {word: "2026-11-24T12:00:00Z"},
            }
            seen = d.until_ended(name, job_id)
            ended = d.job(name, job_id)
        succeeded = ended["state"] == "success"
        assert in_turn(state for state, _ in seen) == ["active", ended["state"]]
        progresses = [progress for _, progress in seen if progress is not None]
        assert len(progresses) == len(seen)
        over = "Over" if name == "modeling-v1" else ended["state"]
        active = "Active" if name == "modeling-v1" else "active"
        assert in_turn(p["state"] for p in progresses) == [active, over]
        percentages = in_turn(p["percentage"] for p in progresses)
        assert percentages == list(range(0, percentages[-1] + 1, 5))
        assert (percentages[-1] == 100) == succeeded
        steps = ["Calibration", "Reconstruction"] if name == "modeling-v1" else ["Conversion"]
        assert in_turn(p["step"] for p in progresses) == steps
        info = ended["executionInformation"]
        assert seconds(info[word], info["startedDateTime"]) in range(19, 62)
        assert ended["lastModifiedDateTime"] == info["endedDateTime"]
        assert info["estimatedUnits"] > 0
        holder, empty = (ended["jobSettings"], before["jobSettings"]) if name == "modeling-v1" else (ended, before)
        assert {output["id"] for output in empty["outputs"]} == {None}
        written = [output["id"] for output in holder["outputs"]]
        assert all(GUID.fullmatch(i) for i in written) if succeeded else set(written) == {None}
        assert len(set(written)) == (2 if succeeded else 1)

    def test_analysis_v1_without_a_creation(self) -> None:
        jobs = generate(300, seed=2)
        job_id = generated("analysis-v1", "unsubmitted", jobs)
        with desk(jobs) as d:
            assert d("PATCH", "analysis-v1", f"/{job_id}", {"state": "ACTIVE"})[0] == 200
            seen = d.until_ended("analysis-v1", job_id)
            ended = d.job("analysis-v1", job_id)
        assert in_turn(state for state, _ in seen) == ["active", ended["state"]]
        assert {"errors", "warnings", "submissionDateTime"} <= set(ended["executionInformation"])
        assert ("id" in ended["outputs"][0]) == (ended["state"] == "success")

    @pytest.mark.parametrize("name", CREATED)
    def test_a_name_with_fail_fails(self, name: str) -> None:
        with desk() as d:
            job_id = d.submitted(name, name="Bound to FAIL")
            seen = d.until_ended(name, job_id)
            ended = d.job(name, job_id)
            messages = d("GET", name, f"/{job_id}/messages")
        assert ended["state"] == ("Failed" if name in V2 else "failed")
        assert seen[-1][1] is not None
        assert 25 <= seen[-1][1]["percentage"] <= 90
        if name in V2:
            assert ended["executionInfo"]["processingUnits"] > 0
            assert messages in [
                (200, {"messages": {"errors": [UNUSABLE], "warnings": warnings}}) for warnings in ([], [FEW])
            ]
        else:
            assert messages == (404, NO_OPERATION)
            # The published schema of Conversion v1 has neither errors nor warnings.
            wanted = [UNUSABLE] if name == "modeling-v1" else None
            assert ended["executionInformation"].get("errors") == wanted
            outputs = ended["jobSettings"]["outputs"] if name == "modeling-v1" else ended["outputs"]
            assert {output["id"] for output in outputs} == {None}

    def test_one_in_six_fails(self) -> None:
        with desk() as d:
            for _ in range(120):
                d.create("modeling-v2")
            d.clock[0] += 700
            failed = d.ids("modeling-v2", "state eq 'Failed'")
            assert len(failed) + len(d.ids("modeling-v2", "state eq 'Success'")) == 120
        assert 10 <= len(failed) <= 32

    @pytest.mark.parametrize("name", CREATED)
    def test_progress_is_gone_after_30_days(self, name: str) -> None:
        with desk() as d:
            job_id = d.submitted(name)
            d.clock[0] += 700
            assert d.progress(name, job_id) is not None
            d.clock[0] += 30 * 86_400 - 700
            assert d.progress(name, job_id) is not None
            d.clock[0] += 700
            assert d.progress(name, job_id) is None
            assert d.job(name, job_id)["state"] in services.get(name).final_states

    def test_speed(self) -> None:
        with desk(speed=60) as fast, desk() as slow:
            one, other = fast.create("modeling-v2")["id"], slow.create("modeling-v2")["id"]
            assert one == other
            for _ in range(30):
                fast.clock[0] += 0.5
                slow.clock[0] += 30
                assert fast.progress("modeling-v2", one) == slow.progress("modeling-v2", other)
            assert fast.job("modeling-v2", one)["state"] in ("Success", "Failed")

    @pytest.mark.parametrize(
        ("speed", "shown"), [(0, "0"), (-1.5, "-1.5"), (float("inf"), "inf"), (float("nan"), "nan")]
    )
    def test_a_speed_that_is_none(self, speed: float, shown: str) -> None:
        with pytest.raises(ValueError, match="speed") as raised:
            Emulator([], speed=speed)
        assert str(raised.value) == f"speed must be a positive finite number, not {shown}"

    def test_the_command_takes_a_speed(self) -> None:
        command = [*PROGRAM, "emulator", "--jobs", "5", "--port", "0", "--speed", "1000000"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment(), text=True) as program:
            assert program.stderr is not None
            base = re.search(r"http://127\.0\.0\.1:\d+", program.stderr.readline())
            assert base is not None
            with httpx.Client(trust_env=False, base_url=base[0], headers={"authorization": "Bearer x"}) as http:
                job = http.post("/reality-modeling/jobs", json=BODIES["modeling-v2"]).json()["job"]
                state = "Queued"
                while state in ("Queued", "Active"):
                    state = http.get(f"/reality-modeling/jobs/{job['id']}").json()["job"]["state"]
            assert state in ("Success", "Failed")
            program.terminate()


class TestThoseThatWereThere:
    JOBS = generate(400, seed=2)

    @pytest.mark.parametrize("name", NAMES)
    def test_stay_as_they_are_until_someone_asks_for_their_progress(self, name: str) -> None:
        by_id = {str(s.raw["id"]): s.raw for s in self.JOBS if s.service == name}
        running = next(i for i, raw in by_id.items() if raw["state"] in ("active", "Active"))
        with desk(self.JOBS) as d:
            for _ in range(2):
                assert all(d.job(name, i) == raw for i, raw in by_id.items())
                if name in V2:
                    assert d("GET", name, f"/{running}/messages")[0] == 200
                d.clock[0] += 86_400
            assert d.progress(name, running) is not None
            assert d.job(name, running) == by_id[running]
            seen = d.until_ended(name, running, 10)
            ended = d.job(name, running)
        assert len(seen) > 5
        info = "executionInfo" if name in V2 else "executionInformation"
        told = {key: value for key, value in by_id[running][info].items() if value is not None}  # type: ignore[attr-defined]
        assert ended[info].items() >= told.items()
        assert "endedDateTime" in set(ended[info]) - set(told)

    @pytest.mark.parametrize("name", V2)
    @pytest.mark.parametrize(
        ("state", "turns"),
        [
            ("Queued", ["Queued", "Active", "Success"]),
            ("TerminatingOnCancel", ["TerminatingOnCancel", "Cancelled"]),
            ("TerminatingOnFailure", ["TerminatingOnFailure", "Failed"]),
        ],
    )
    def test_take_up_their_lives_from_their_state_on(self, name: str, state: str, turns: list[str]) -> None:
        job_id = generated(name, state, self.JOBS)
        with desk(self.JOBS) as d:
            seen = in_turn(state for state, _ in d.until_ended(name, job_id, 2))
        assert [turn.replace("Failed", "Success") if state == "Queued" else turn for turn in seen] == turns

    @pytest.mark.parametrize("name", V2)
    def test_cannot_be_cancelled_while_they_fail(self, name: str) -> None:
        job_id = generated(name, "TerminatingOnFailure", self.JOBS)
        saving = "The job is about to complete. It is saving the data. Cancellation is not allowed during this period."
        with desk(self.JOBS) as d:
            assert d("DELETE", name, f"/{job_id}") == refused(name, "", saving)

    @pytest.mark.parametrize("name", NAMES)
    def test_can_be_cancelled(self, name: str) -> None:
        job_id = generated(name, "Active" if name in V2 else "active", self.JOBS)
        with desk(self.JOBS) as d:
            if name in V2:
                status, body = d("DELETE", name, f"/{job_id}")
            else:
                status, body = d("PATCH", name, f"/{job_id}", {"state": "cancelled"})
            assert (status, body["job"]["state"]) == (200, "TerminatingOnCancel" if name in V2 else "cancelled")

    @pytest.mark.parametrize("name", NAMES)
    def test_have_a_progress_for_30_days_after_their_end(self, name: str) -> None:
        info = "executionInfo" if name in V2 else "executionInformation"
        ended = [s.raw for s in self.JOBS if s.service == name and s.raw["state"] in services.get(name).final_states]
        with desk(self.JOBS) as d:
            for raw in ended[:20]:
                end = read_ticks(raw[info]["endedDateTime"]) / SECOND  # type: ignore[index]
                d.clock[0] = end + 30 * 86_400
                told = d.progress(name, str(raw["id"]))
                assert told is not None
                assert (told["percentage"] == 100) == (str(raw["state"]).lower() == "success")
                assert told["state"] == ("Over" if name == "modeling-v1" else raw["state"])
                d.clock[0] = end + 30 * 86_400 + 1
                assert d.progress(name, str(raw["id"])) is None
                assert d.job(name, str(raw["id"])) == raw

    def test_failed_ones_have_messages(self) -> None:
        with desk(self.JOBS) as d:
            for name in V2:
                for state, errors in (("Failed", [UNUSABLE]), ("Success", []), ("Active", []), ("Queued", [])):
                    status, body = d("GET", name, f"/{generated(name, state, self.JOBS)}/messages")
                    assert (status, body["messages"]["errors"]) == (200, errors)

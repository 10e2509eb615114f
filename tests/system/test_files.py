"""A file through the deployed gateway, which hands bytes on in base64 both ways (Ruling 7, 8)."""

import hashlib
import random
import uuid
from typing import Any

import pytest

from tests.running import body, intake
from tests.system.test_cases import problem
from tests.unit.made_files import chunk, docx, eicar, png

OCTETS = {"Content-Type": "application/octet-stream"}
SPAN = 4 * 1024 * 1024


@pytest.fixture(scope="module")
def manager(tenant: Any) -> Any:
    return tenant.client("kanri1")


@pytest.fixture(scope="module")
def case_id(manager: Any) -> str:
    made = manager.create_case(body(intake()), str(uuid.uuid4()))
    return str(made.json()["caseId"])


def sent(manager: Any, case_id: str, content: bytes, name: str) -> Any:
    """The answer to a file sent in its parts."""
    data = {
        "name": name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "class": "2",
    }
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    begun = manager.request("POST", f"cases/{case_id}/files", json={"data": data}, headers=headers)
    assert begun.status_code == 201, begun.text
    upload, size = begun.json()["uploadId"], begun.json()["partBytes"]
    for number in range(1, begun.json()["parts"] + 1):
        part = content[(number - 1) * size : number * size]
        path = f"uploads/{upload}/parts/{number}"
        answer = manager.request("PUT", path, content=part, headers=OCTETS)
        assert answer.status_code == 204, answer.text
    return manager.request("POST", f"uploads/{upload}/complete", json={})


def test_bytes_come_back_as_they_were_sent(manager: Any, case_id: str) -> None:
    filler = random.Random(1).randbytes(SPAN + 70_000)  # noqa: S311  # any bytes
    content = png(2, 2, chunk(b"teSt", filler))
    made = sent(manager, case_id, content, "写真.png")
    assert made.status_code == 201, made.text
    file_id = made.json()["data"]["fileId"]
    path, got = f"cases/{case_id}/files/{file_id}", b""
    while len(got) < len(content):
        headers = {"Accept": OCTETS["Content-Type"], "Range": f"bytes={len(got)}-"}
        answer = manager.request("GET", path, headers=headers)
        assert answer.status_code == 206
        assert answer.headers["content-range"].endswith(f"/{len(content)}")
        assert answer.headers["content-disposition"].startswith("attachment;")
        got += answer.content
    assert got == content
    problem(manager.request("GET", path, headers={"Accept": "*/*"}), 406, "not-acceptable")


def test_an_infected_file_never_arrives(manager: Any, case_id: str, tenant: Any) -> None:
    made = sent(manager, case_id, docx("x", **{"word/a.bin": eicar()}), "報告.docx")
    assert made.status_code == 422
    assert made.json()["errors"][0]["code"] == "file-malware"
    bucket = next(
        b["Name"]
        for b in tenant.live.client("s3").list_buckets()["Buckets"]
        if f"-{tenant.live.manifest.lg_code}-" in b["Name"] and "-files-" in b["Name"]
    )
    found = tenant.live.client("s3").list_objects_v2(Bucket=bucket, Prefix="quarantine/")
    assert found.get("Contents", []) == []

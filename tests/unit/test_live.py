"""Finding a tenant: never in another account than its manifest names."""

from pathlib import Path

import pytest
from moto import mock_aws

from ops.live import NotDeployedError, find

SAMPLE = Path(__file__).resolve().parents[2] / "tenants" / "232386-sample.yaml"


def test_credentials_of_another_account_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with mock_aws(), pytest.raises(NotDeployedError, match="資格情報のアカウント 123456789012"):
        find(SAMPLE)


def test_without_credentials_the_tenant_counts_as_not_deployed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(NotDeployedError, match="配備されていません"):
        find(SAMPLE)

"""The two buckets: files and exports of the tenant, and the daily seals of the audit log."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.names import OLD_VERSION_DAYS, Names
from infra.policy.gates import acknowledge

EXPORTS_PREFIX = "exports/"
EXPORT_DAYS = 7
IMPORTS_PREFIX = "imports/"
# Parts of files that were never completed, and files that no scanner judged.
QUARANTINE_PREFIX = "quarantine/"
QUARANTINE_DAYS = 1


class TenantFiles(Construct):
    """`files` (versioned; exports and what is in quarantine expire) and `seals` (Object Lock for
    `audit_years`).

    Seals hold hashes only, no personal data. In production they are locked in compliance mode:
    nobody, the account's administrators included, takes one back before its time.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        key: kms.IKey,
        audit_years: int,
        final: bool,
    ) -> None:
        super().__init__(scope, id)
        self.files = self._bucket(
            "Files",
            names.files_bucket,
            key,
            lifecycle_rules=[
                _abort_uploads(),
                s3.LifecycleRule(
                    id="old-versions",
                    noncurrent_version_expiration=Duration.days(OLD_VERSION_DAYS),
                ),
                s3.LifecycleRule(
                    id="quarantine",
                    prefix=QUARANTINE_PREFIX,
                    expiration=Duration.days(QUARANTINE_DAYS),
                    noncurrent_version_expiration=Duration.days(QUARANTINE_DAYS),
                ),
                *(
                    s3.LifecycleRule(
                        id=prefix.removesuffix("/"),
                        prefix=prefix,
                        expiration=Duration.days(EXPORT_DAYS),
                        noncurrent_version_expiration=Duration.days(1),
                    )
                    for prefix in (EXPORTS_PREFIX, IMPORTS_PREFIX)
                ),
            ],
        )
        locked = Duration.days(365 * audit_years + 2)
        self.seals = self._bucket(
            "Seals",
            names.seals_bucket,
            key,
            lifecycle_rules=[_abort_uploads()],
            object_lock_default_retention=s3.ObjectLockRetention.compliance(locked)
            if final
            else s3.ObjectLockRetention.governance(locked),
        )

    def _bucket(
        self,
        id: str,
        name: str,
        key: kms.IKey,
        *,
        lifecycle_rules: list[s3.LifecycleRule],
        object_lock_default_retention: s3.ObjectLockRetention | None = None,
    ) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            id,
            bucket_name=name,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            # One data key per bucket and while, instead of one KMS call per object.
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            versioned=True,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=lifecycle_rules,
            object_lock_enabled=object_lock_default_retention is not None or None,
            object_lock_default_retention=object_lock_default_retention,
        )
        acknowledge(
            bucket,
            {
                "AwsSolutions-S1": "Who read what stands in the tenant's own audit log; access "
                "logs would double what must be kept and erased. CloudTrail data events are the "
                "priced option."
            },
        )
        return bucket


def _abort_uploads() -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id="abort-uploads", abort_incomplete_multipart_upload_after=Duration.days(1)
    )

"""Data keys: AES-256-GCM under a key that the tenant's KMS key wraps for one place alone.

The encryption context names the place (a person's compartment, a member of staff's drafts). KMS
opens a wrapped key under the context that it was made with and under no other.
"""

import base64
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lambdas.store.repository import StoreBusyError

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_NONCE_BYTES = 12
_BUSY = frozenset({"ThrottlingException", "KMSInternalException", "DependencyTimeoutException"})


class UnreadableError(Exception):
    """The key does not open the text, or is not there any more."""


@dataclass(frozen=True, kw_only=True)
class DataKey:
    """A data key for the time of one request, never kept; `wrapped` (base64) is what is."""

    context: Mapping[str, str]
    plain: bytes
    wrapped: str

    def encrypt(self, text: bytes, bound: bytes) -> bytes:
        """Nonce and ciphertext of `text`, authenticated with `bound`."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self.plain).encrypt(nonce, text, bound)

    def decrypt(self, sealed: bytes, bound: bytes) -> bytes:
        """What `encrypt` was given. Raises UnreadableError."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(self.plain).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
        except InvalidTag as error:
            raise UnreadableError from error


class Keys:
    """Makes and opens data keys under one tenant's KMS key."""

    def __init__(self, *, region: str, key_arn: str) -> None:
        self._region = region
        self._key_arn = key_arn

    def new(self, context: Mapping[str, str]) -> DataKey:
        """A new data key. Raises StoreBusyError."""
        with _kms_errors():
            made = self._kms.generate_data_key(
                KeyId=self._key_arn, KeySpec="AES_256", EncryptionContext=context
            )
        wrapped = base64.b64encode(made["CiphertextBlob"]).decode()
        return DataKey(context=context, plain=made["Plaintext"], wrapped=wrapped)

    def opened(self, wrapped: str, context: Mapping[str, str]) -> DataKey:
        """The data key that was wrapped. Raises UnreadableError, StoreBusyError."""
        with _kms_errors():
            opened = self._kms.decrypt(
                KeyId=self._key_arn,
                CiphertextBlob=base64.b64decode(wrapped),
                EncryptionContext=context,
            )
        return DataKey(context=context, plain=opened["Plaintext"], wrapped=wrapped)

    @cached_property
    def _kms(self) -> "KMSClient":
        import botocore.session

        session: Any = botocore.session.get_session()
        client: KMSClient = session.create_client("kms", region_name=self._region)
        return client


@contextmanager
def _kms_errors() -> Iterator[None]:
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _BUSY:
            raise StoreBusyError from error
        if code == "InvalidCiphertextException":
            raise UnreadableError from error
        raise

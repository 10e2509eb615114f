"""What of the confidential compartment leaves: under a key that the municipality alone holds.

The municipality's manager enters its public key in the settings. A bundle has one content key
(AES-256-GCM), wrapped by that public key (RSA-OAEP, SHA-256). To bring the bundle into another
tenant, the municipality opens the content key at its own desk and wraps it for the key pair that
the new tenant has made; neither vendor holds a key that opens it.
"""

import base64
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.exceptions import ClientError

from lambdas.casework.sealed import PURPOSE, key_context
from lambdas.exchange.objects import Objects

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

ALGORITHM = "RSA-OAEP-256"
_NONCE_BYTES = 12
_KEY_BITS = 3072
_RECEIVE_KEY = "receive-key.json"


class SealError(Exception):
    """A key that does not open what it should, or is no usable key."""


class TenantKey:
    """The tenant's KMS key, for data keys of the compartment only."""

    def __init__(self, *, key_arn: str, lg_code: str, region: str) -> None:
        session: Any = botocore.session.get_session()
        self._kms: KMSClient = session.create_client("kms", region_name=region)
        self._key_arn = key_arn
        self._lg_code = lg_code

    def unwrap(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """A line with its data key as such (`key`) in place of the wrapped one."""
        opened = self._decrypt(line["wrapped"], self._context(line))
        rest = {name: value for name, value in line.items() if name != "wrapped"}
        return {**rest, "key": base64.b64encode(opened).decode()}

    def wrap(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """The opposite of `unwrap`, under this tenant's key."""
        made = self._kms.encrypt(
            KeyId=self._key_arn,
            Plaintext=base64.b64decode(line["key"]),
            EncryptionContext=self._context(line),
        )
        rest = {name: value for name, value in line.items() if name != "key"}
        return {**rest, "wrapped": base64.b64encode(made["CiphertextBlob"]).decode()}

    def new_content_key(self) -> dict[str, str]:
        """A content key as it may be kept between two runs: `{wrapped}`."""
        made = self._kms.generate_data_key_without_plaintext(
            KeyId=self._key_arn, KeySpec="AES_256", EncryptionContext=self._exchange_context
        )
        return {"wrapped": base64.b64encode(made["CiphertextBlob"]).decode()}

    def content_key(self, kept: Mapping[str, str]) -> bytes:
        return self._decrypt(kept["wrapped"], self._exchange_context)

    @property
    def _exchange_context(self) -> dict[str, str]:
        return {"lgCode": self._lg_code, "purpose": PURPOSE, "use": "exchange"}

    def _context(self, line: Mapping[str, Any]) -> dict[str, str]:
        partition, place = line["at"]
        if line["type"] == "secret":
            return {"lgCode": self._lg_code, "purpose": PURPOSE, "use": place}
        return key_context(
            lg_code=self._lg_code,
            case_id=partition.removeprefix("SEALED#"),
            person_id=place.removeprefix("KEY#"),
        )

    def _decrypt(self, wrapped: str, context: Mapping[str, str]) -> bytes:
        try:
            return self._kms.decrypt(
                KeyId=self._key_arn,
                CiphertextBlob=base64.b64decode(wrapped),
                EncryptionContext=context,
            )["Plaintext"]
        except ClientError as error:
            raise SealError(error.response["Error"]["Code"]) from error


def seal(key: bytes, content: bytes, name: str) -> bytes:
    """A file of the bundle, bound to its name: nonce and AES-256-GCM."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, name.encode())


def unseal(key: bytes, sealed: bytes, name: str) -> bytes:
    """Raises SealError."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
    except InvalidTag as error:
        raise SealError("content key") from error


def wrap_for(public_key: str, key: bytes) -> str:
    """A content key for whoever holds the private key; `public_key` is base64 of its DER
    (SubjectPublicKeyInfo). Raises SealError."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        loaded = load_der_public_key(base64.b64decode(public_key, validate=True))
    except ValueError as error:
        raise SealError("public key") from error
    if not isinstance(loaded, RSAPublicKey) or loaded.key_size < _KEY_BITS:
        raise SealError("public key")
    return base64.b64encode(loaded.encrypt(key, _padding())).decode()


def open_with(private_key: Any, wrapped: str) -> bytes:
    """A content key, by the private key (an RSAPrivateKey). Raises SealError."""
    try:
        opened: bytes = private_key.decrypt(base64.b64decode(wrapped), _padding())
    except ValueError as error:
        raise SealError("private key") from error
    return opened


def receive_key(objects: Objects, tenant_key: TenantKey) -> str:
    """The public half (base64 of DER) of the key pair by which this tenant receives; made once,
    the private half sealed under the tenant's key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    kept = objects.get_json(_RECEIVE_KEY)
    if kept is None:
        import json

        pair = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        private = pair.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = pair.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        content_key = tenant_key.new_content_key()
        sealed = seal(tenant_key.content_key(content_key), private, _RECEIVE_KEY)
        kept = {
            "public": base64.b64encode(public).decode(),
            "private": base64.b64encode(sealed).decode(),
            "key": content_key,
        }
        objects.put(_RECEIVE_KEY, json.dumps(kept).encode())
    return str(kept["public"])


def received(objects: Objects, tenant_key: TenantKey, wrapped: str) -> bytes:
    """A content key that was wrapped for `receive_key`. Raises SealError."""
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    kept = objects.get_json(_RECEIVE_KEY)
    if kept is None:
        raise SealError("receive key")
    private = unseal(
        tenant_key.content_key(kept["key"]), base64.b64decode(kept["private"]), _RECEIVE_KEY
    )
    return open_with(load_der_private_key(private, password=None), wrapped)


def _padding() -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)

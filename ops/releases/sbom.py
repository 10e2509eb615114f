"""The bill of materials of a release as CycloneDX 1.6 JSON: of one source always the same bytes."""

import json
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from infra.version import version
from ops.local import assets
from ops.releases.materials import Material, MaterialsError

# Names the releases of this project among all bills of materials.
_NAMESPACE = uuid.UUID("7b0f6f0e-8f4c-4d0e-9a43-5b1f0f3c1a10")
_HASHES = {"sha256": HashAlgorithm.SHA_256, "sha512": HashAlgorithm.SHA_512}


def bill(found: Iterable[Material]) -> str:
    """The bill of materials as JSON, sorted, with a line's end."""
    release = assets.release()
    made = Bom(
        serial_number=uuid.uuid5(_NAMESPACE, release),
        metadata=BomMetaData(
            component=Component(
                name="soudan",
                version=version(),
                type=ComponentType.APPLICATION,
                bom_ref="soudan",
                properties=[Property(name="soudan:release", value=release)],
            )
        ),
    )
    components = [_component(one) for one in found]
    made.components = components
    root = made.metadata.component
    assert root is not None
    made.register_dependency(root, components)
    written = make_outputter(made, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    content: dict[str, Any] = json.loads(written)
    # When it was written says nothing of what is in it.
    content["metadata"].pop("timestamp", None)
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _component(one: Material) -> Component:
    namespace, _, name = one.name.rpartition("/")
    return Component(
        name=one.name,
        version=one.version,
        type=ComponentType.FILE if one.kind == "font" else ComponentType.LIBRARY,
        bom_ref=f"{one.kind}:{one.name}@{one.version}",
        purl=PackageURL(
            type="pypi" if one.kind == "pypi" else "npm",
            namespace=namespace or None,
            name=name,
            version=one.version,
        ),
        licenses=[LicenseExpression(one.licence)],
        properties=[
            *(Property(name="soudan:in", value=where) for where in one.where),
            # One package may be installed from one of several files: hashes of all are its lock's,
            # and none of them is "the" hash of the component.
            *(
                Property(name="soudan:lock-hash", value=digest)
                for digest in (one.hashes if len(one.hashes) > 1 else ())
            ),
        ],
        hashes=[_hash(digest) for digest in (one.hashes if len(one.hashes) == 1 else ())],
    )


def _hash(digest: str) -> HashType:
    kind, _, content = digest.partition(":")
    return HashType(alg=_HASHES[kind], content=content)


def read(file: Path) -> Mapping[str, Any]:
    """A bill of materials that was kept. Raises MaterialsError."""
    try:
        content = json.loads(file.read_text("utf-8"))
        if content["bomFormat"] != "CycloneDX":
            raise ValueError(content["bomFormat"])
        list(content["components"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MaterialsError(
            f"部品表 {file} を読めません。`soudan release sbom` が作るファイルを指定してください。"
        ) from error
    read: dict[str, Any] = content
    return read

"""The bill of materials of a release: what requirements.lock names, as CycloneDX 1.6 JSON.

    make sbom

Licences are what each installed package says of itself; a package for other systems has none here.
The same lock and environment give the same bytes: its number is the lock's hash, and no time stands in it.
"""

import argparse
import hashlib
import re
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def locked(text: str) -> dict[tuple[str, str], list[str]]:
    """Return (name, version) → hashes of a requirements file."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in text.splitlines():
        if package := PACKAGE.match(line):
            hashes = found.setdefault((package[1].lower(), package[2]), [])
        hashes_here = HASH.findall(line)
        if hashes_here:
            hashes.extend(hashes_here)
    return found


def bill(text: str) -> Bom:
    """Return the bill of materials of a requirements file's text."""
    number = uuid5(NAMESPACE_URL, hashlib.sha256(text.encode()).hexdigest())
    bom = Bom(serial_number=number)
    bom.metadata.timestamp = None
    own = metadata("policy-ethics-tracker")
    bom.metadata.component = Component(
        type=ComponentType.APPLICATION,
        name=own["Name"],
        version=own["Version"],
        bom_ref="tracker",
        licenses=licences(own),
    )
    parts = [component(name, version, hashes) for (name, version), hashes in locked(text).items()]
    bom.components.update(parts)
    bom.register_dependency(bom.metadata.component, parts)
    return bom


def component(name: str, version: str, hashes: list[str]) -> Component:
    purl = PackageURL("pypi", name=name, version=version)
    try:
        known = metadata(name)
    except PackageNotFoundError:  # for another system
        known = None
    described = (
        known if known is not None and Version(known["Version"]) == Version(version) else None
    )
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=version,
        purl=purl,
        bom_ref=str(purl),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in hashes],
        licenses=licences(described) if described is not None else (),
    )


def licences(described: PackageMetadata) -> list:
    """Return what a package says its licence is: an expression, else its classifiers, else its words."""
    make = LicenseFactory()
    if expression := described.get("License-Expression"):
        return [make.make_with_expression(expression)]
    named = [
        c.rpartition(" :: ")[2]
        for c in described.get_all("Classifier", [])
        if c.startswith("License ::")
    ]
    said = (described.get("License") or "").strip().splitlines()
    return [make.make_with_name(name) for name in dict.fromkeys(named or said[:1])]


def written(text: str) -> str:
    """Return the bill as JSON."""
    return (
        make_outputter(bill(text), OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=1)
        + "\n"
    )


if __name__ == "__main__":
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("out", type=Path)
    given = asked.parse_args()
    given.out.write_text(written((ROOT / "requirements.lock").read_text()))

"""The SMSCs of `tests/peers/java`, compiled once into the cache outside the tree.

Java and Maven come from PATH, else from the system's package archive.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import ssl
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.utils import CryptographyDeprecationWarning

from sms_operator.dev.control_plane.once import cache, once
from sms_operator.dev.control_plane.progress import Progress
from support.peers_debian import unpacked
from support.peers_programs import CannotInstall, run

SOURCE: Final = Path(__file__).parents[1] / "peers" / "java"
COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
SUMS: Final = "libraries.sha256"
TRUST_PASSWORD: Final = "-Djavax.net.ssl.trustStorePassword=changeit"
"""Java's usual one, for what is public anyway."""
ADVICE: Final = "Install a JDK of version 17 or newer and Maven, and let Maven reach its repository."


@dataclass(frozen=True)
class Jvm:
    """Programs of a Java development kit, and Maven."""

    java: Path
    javac: Path
    maven: Path
    environment: dict[str, str]


def find_java(progress: Progress) -> Jvm:
    """Java and Maven of PATH, else of the system's archive, unpacked once.

    Raises:
        CannotInstall: they could not be had.
    """
    if all(shutil.which(name) for name in ("java", "javac", "mvn")):
        java, javac, maven = (Path(str(shutil.which(name))) for name in ("java", "javac", "mvn"))
        return Jvm(java, javac, maven, dict(os.environ))
    root = unpacked(("maven", "default-jdk-headless"), progress)
    home = next(iter(sorted(root.glob("usr/lib/jvm/java-*-openjdk-*"))), None)
    maven = root / "usr/share/maven/bin/mvn"
    if home is None or not maven.exists():
        raise CannotInstall(f"The packages of this system hold no Java as we know it. {ADVICE}")
    options = [
        *(os.environ.get("MAVEN_OPTS", ""), f"-Dmaven.conf={root / 'etc/maven'}"),
        *(f"-Djavax.net.ssl.trustStore={_trust(root)}", TRUST_PASSWORD),
    ]
    environment = {
        **os.environ,
        "JAVA_HOME": str(home),
        "MAVEN_OPTS": " ".join(options),
        "M2_HOME": str(root / "usr/share/maven"),
    }
    return Jvm(home / "bin" / "java", home / "bin" / "javac", maven, environment)


def _trust(root: Path) -> Path:
    """The authorities that this system trusts, in the form that Java reads: the packages make it when installed."""
    store = root / "authorities.p12"
    if not store.exists():
        bundle = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
        entries = [
            pkcs12.PKCS12Certificate(one, str(number).encode())
            for number, one in enumerate(_authorities(Path(bundle).read_bytes()))
        ]
        made = root / f"authorities.{os.getpid()}"
        made.write_bytes(pkcs12.serialize_java_truststore(entries, BestAvailableEncryption(b"changeit")))
        made.rename(store)
    return store


def _authorities(bundle: bytes) -> Iterator[x509.Certificate]:
    """Those that can be read: an old one with a serial number of zero is no reason to have no Java."""
    for pem in re.findall(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", bundle, re.DOTALL):
        with warnings.catch_warnings(), suppress(ValueError):
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            yield x509.load_pem_x509_certificate(pem)


def java_smsc(name: str, progress: Progress) -> list[str]:
    """The command that runs the SMSC of this class, compiled once for each content of the sources.

    Raises:
        CannotInstall: there is no Java, or Maven or the compiler failed, or a library is not the one that is pinned.
    """
    jvm = find_java(progress)
    key = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SOURCE.iterdir()))).hexdigest()[:16]
    target = cache() / "peers" / f"java-{key}"
    with once(target) as building:
        if building is not None:
            with progress.working("Building two SMSCs on jSMPP and cloudhopper with Maven and Java"):
                _build(building, jvm)
    small = ["-Xmx160m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    return [str(jvm.java), *small, "-cp", f"{target / 'classes'}:{target / 'libraries'}/*", name]


def _build(target: Path, jvm: Jvm) -> None:
    shutil.copy(SOURCE / "pom.xml", target)
    libraries = target / "libraries"
    maven = [jvm.maven, "--quiet", "--batch-mode", COPY, f"-DoutputDirectory={libraries}"]
    run(maven, target, jvm.environment, ADVICE)
    pinned = {name: digest for digest, name in map(str.split, (SOURCE / SUMS).read_text().splitlines())}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in libraries.iterdir()}
    if found != pinned:
        wrong = sorted(name for name in {*found, *pinned} if found.get(name) != pinned.get(name))
        raise CannotInstall(f"libraries that Maven brought are not those of {SUMS}: {', '.join(wrong)}")
    sources = sorted(SOURCE.glob("*.java"))
    compiler: list[str | Path] = [jvm.javac, "-encoding", "UTF-8", "-cp", f"{libraries}/*", "-d", target / "classes"]
    run([*compiler, *sources], target, jvm.environment, ADVICE)

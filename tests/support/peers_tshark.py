"""tshark: a decoder of SMPP that others wrote. It needs no rights, for it only reads files."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from sms_operator.dev.control_plane.progress import Progress
from support.pcap import Chunk, pcap
from support.peers_debian import Program, find_program

WARNING: Final = 0x600000
"""tshark's severities: chat and note, which it says of every connection, lie below; warning and error from here on."""
PORT: Final = 2775
CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def find_tshark(progress: Progress) -> Program:
    """The program. Raises CannotInstall."""
    return find_program("tshark", "tshark", progress)


@dataclass(frozen=True)
class Decoded:
    """One PDU as tshark reads it: its fields in order, without the prefix `smpp.`."""

    from_client: bool
    fields: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> str:
        """The only value of a field."""
        (value,) = self.all(name)
        return value

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for known, value in self.fields if known == name]

    @property
    def command(self) -> int:
        """command_id."""
        return int(self["command_id"], 16)


@dataclass(frozen=True)
class Reading:
    """All PDUs of a connection, and what tshark complains of."""

    pdus: tuple[Decoded, ...]
    complaints: tuple[str, ...]

    def sent(self, command: int, *, by_client: bool = True) -> list[Decoded]:
        """The PDUs of this kind from this side."""
        return [one for one in self.pdus if one.command == command and one.from_client is by_client]


async def read(program: Program, chunks: Iterable[Chunk]) -> Reading:
    """Lets tshark read the connection in which this was written; it checks every checksum too."""
    with tempfile.TemporaryDirectory() as directory:
        capture = Path(directory) / "connection.pcap"
        capture.write_bytes(pcap(chunks, PORT))
        preferences = ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "smpp.reassemble_smpp_over_tcp:TRUE"]
        command = [
            *(str(program.path), "-n", "-r", str(capture), "-d", f"tcp.port=={PORT},smpp", "-T", "pdml"),
            *(word for one in preferences for word in ("-o", one)),
        ]
        pipe = asyncio.subprocess.PIPE
        environment = {**os.environ, **program.environment, "XDG_CONFIG_HOME": directory, "LC_ALL": "C.UTF-8"}
        process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, env=environment)
        output, words = await process.communicate()
    assert process.returncode == 0, f"tshark ended with {process.returncode}: {words.decode()[-800:]}"
    # Texts with control characters go into it as they are, which XML does not allow.
    return _reading(ET.fromstring(CONTROL.sub("?", output.decode(errors="replace"))))


def _reading(document: ET.Element) -> Reading:
    pdus: list[Decoded] = []
    complaints: list[str] = []
    for packet in document.iter("packet"):
        number = _shown(packet, "frame.number")
        from_client = _shown(packet, "tcp.dstport") == str(PORT)
        for protocol in packet.iter("proto"):
            name = protocol.get("name")
            if name == "smpp":
                fields = [(one.get("name", ""), one.get("show", "")) for one in protocol.iter("field")]
                pdus.append(
                    Decoded(from_client, tuple((one.removeprefix("smpp."), shown) for one, shown in fields if shown))
                )
            elif name == "_ws.malformed":
                complaints.append(f"packet {number}: {protocol.get('showname')}")
        complaints += [
            f"packet {number}: {expert.get('showname')}"
            for expert in packet.iter("field")
            if expert.get("name") == "_ws.expert" and int(_shown(expert, "_ws.expert.severity")) >= WARNING
        ]
    return Reading(tuple(pdus), tuple(complaints))


def _shown(parent: ET.Element, name: str) -> str:
    return next(one.get("show", "") for one in parent.iter("field") if one.get("name") == name)

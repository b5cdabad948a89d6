"""`smsctl dev smsc` as a process, and the commands that play with it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import smpplib.exceptions
from click.testing import CliRunner, Result

import sms_operator
from sms_operator.cli.dev import dev
from support.esme import Esme
from support.raw import connect
from support.wire import bound


class Running:
    """A simulator in a process of its own."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        start = "from sms_operator.cli.dev import dev; dev()"
        command = [sys.executable, "-c", start, "smsc", "--port", "0", "--control-port", "0", *arguments]
        self.log = directory / "log"
        environment = {**os.environ, "PYTHONPATH": str(Path(sms_operator.__file__).parents[1])}
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, cwd=directory, env=environment
            )

    def find(self, pattern: str) -> str:
        """The first group of the first match in what the simulator says, now or within ten seconds."""
        deadline = time.monotonic() + 10
        while (found := re.search(pattern, self.log.read_text())) is None:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)
        return found[1]

    def ask(self, *arguments: str) -> Result:
        """Runs a command against it."""
        control = self.find(r"control on (\S+)")
        return CliRunner().invoke(dev, ["smsc", *arguments], env={"SMSC_CONTROL": control})


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Started with two logins and TLS, ended by SIGTERM."""
    tls = ["--tls-port", "0", "--certs-out", ".", "--certified", "strict:hidden"]
    simulator = Running(tmp_path, *tls, "--account", "demo:secret", "--account", "other:hidden")
    try:
        yield simulator
        simulator.process.send_signal(signal.SIGTERM)
        assert simulator.process.wait(10) == 0
        assert "ended" in simulator.log.read_text()
    finally:
        simulator.process.kill()
        simulator.process.wait()


async def test_a_session_of_play(running: Running) -> None:
    """Bind, look, change the password, misbehave, drop: each command does what it says."""
    port = int(running.find(r"SMSC on 127.0.0.1:(\d+)"))
    assert running.ask("sessions").output == "nobody is bound\n"
    async with Esme(port) as esme:
        await esme.bind("demo", "secret")
        shown = running.ask("sessions").output
        assert re.search(r"^demo +Transceiver +\S+ +127\.0\.0\.1:\d+ +no$", shown, re.MULTILINE), shown
        assert running.ask("drop", "reset", "--account", "demo").output == "1 sessions: reset\n"
    assert running.ask("password", "demo", "--password", "rotated").exit_code == 0
    assert running.ask("behave", "error-without-body", "--account", "other").exit_code == 0
    async with Esme(port) as esme:
        await esme.bind("demo", "rotated")
    async with connect(port) as raw:
        await raw.send("bind_transceiver", system_id="other", password="hidden", system_type="")
        assert (await raw.read()).status == 0x0E
    said = running.log.read_text()
    assert not [word for word in ("secret", "rotated", "hidden") if word in said]


async def test_made_certificate(running: Running, tmp_path: Path) -> None:
    """What was made is written: the CA is enough to trust, and the login that needs a certificate binds with it."""
    port = int(running.find(r"TLS on 127.0.0.1:(\d+)"))
    context = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    _, writer = await asyncio.open_connection("localhost", port, ssl=context)
    writer.close()
    await writer.wait_closed()
    context.check_hostname = False  # smpplib gives no server name to its socket
    async with Esme(port, tls=context) as esme:
        with pytest.raises(smpplib.exceptions.PDUError) as caught:
            await esme.bind("strict", "hidden")
        assert caught.value.args[1] == 0x0D
        await esme.bind("demo", "secret")
    context.load_cert_chain(tmp_path / "client.pem", tmp_path / "client.key")
    async with Esme(port, tls=context) as esme:
        await esme.bind("strict", "hidden")
        assert re.search(r"^strict .* esme$", running.ask("sessions").output, re.MULTILINE)
    assert (tmp_path / "client.key").stat().st_mode & 0o777 == 0o600


async def test_messages_of_all_kinds(running: Running) -> None:
    """Inject in parts, poison, flood, the ledger of it all, a behaviour of one's own, and a restart."""
    port = int(running.find(r"SMSC on 127.0.0.1:(\d+)"))
    async with bound(port) as esme:
        assert running.ask("behave", '{"limits": {"first": 1}}').output == 'everybody: {"limits": {"first": 1}}\n'
        for _ in range(2):
            esme.submit()
            await esme.frame()
        for arguments, count, said in (
            (["inject", "demo", "--long", "Udh", "--part", "2", "--part", "1", "x" * 200], 2, "answered with ESME_ROK"),
            (["poison", "demo", "short"], 1, "answered with ESME_ROK"),
            (["flood", "demo", "3", "--window", "1"], 3, "3 answered with ESME_ROK"),
        ):
            asked = asyncio.create_task(asyncio.to_thread(running.ask, *arguments))
            for _ in range(count):
                esme.answer(await esme.frame())
            assert (await asked).output.startswith(said)
        shown = running.ask("ledger", "--account", "demo").output.splitlines()
        assert (
            shown[0]
            == "demo -> +31600000000: ESME_RTHROTTLED (0x00000058): throttled: the limit of messages is exceeded"
        )
        assert re.fullmatch(r"demo -> \+31600000000: \w{8}", shown[1])
        assert [line.split(": ")[1] for line in shown[2:]] == ["message"] * 2 + ["poison"] + ["message"] * 3
        assert running.ask("restart").output == "up again\n"
        with pytest.raises(ConnectionResetError):
            await esme.frame()
    wrong = running.ask("behave", '{"limits": {"speed": 1}}')
    assert 'behaviour: limits: no field "speed"; there are status, first, seconds, rate' in wrong.output


def test_errors_say_what_to_do(running: Running) -> None:
    """Nobody bound, an unknown login, and a control address where nobody is."""
    refused = running.ask("inject", "demo", "hello")
    assert refused.exit_code == 1
    assert '"demo" has no transceiver or receiver session' in refused.output
    assert 'no account "nobody"' in running.ask("behave", "slow", "--account", "nobody").output
    assert "cannot be limited" in running.ask("behave", "refuse", "--account", "demo").output
    lost = CliRunner().invoke(dev, ["smsc", "sessions", "--control", "http://127.0.0.1:1"])
    assert lost.exit_code == 1
    assert "no simulator answers at http://127.0.0.1:1" in lost.output


def test_options_that_make_no_sense() -> None:
    """A login without colon is refused without being repeated; certificates want a TLS port."""
    wrong = CliRunner().invoke(dev, ["smsc", "--account", "hunter2"])
    assert wrong.exit_code == 2
    assert 'an account is written "system_id:password"' in wrong.output
    assert "hunter2" not in wrong.output
    assert "want --tls-port" in CliRunner().invoke(dev, ["smsc", "--certs-out", "."]).output
    both = CliRunner().invoke(dev, ["smsc", "--tls-port", "0", "--cert", __file__, "--certs-out", "."])
    assert "certificates are written only when they are made" in both.output


def test_taken_port_is_named(running: Running) -> None:
    """A second simulator on the same port ends with one line, not a traceback."""
    port = running.find(r"SMSC on 127.0.0.1:(\d+)")
    second = CliRunner().invoke(dev, ["smsc", "--port", port, "--control-port", "0"])
    assert second.exit_code == 1
    assert second.output.startswith("Error: the simulator cannot start: ")
    assert "Traceback" not in second.output

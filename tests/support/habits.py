"""Habits of `Rogue`: what misbehaving SMSCs do in place of the answer to a request."""

from __future__ import annotations

from typing import Final

from sms_operator.smpp.codec import encode
from sms_operator.smpp.command_status import ESME_RBINDFAIL, ESME_RINVCMDLEN
from sms_operator.smpp.commands import RESPONSE, Command
from sms_operator.smpp.framing import HEADER, Frame
from sms_operator.smpp.pdus import ShortMessage

from .rogue import PHONE, SHORT_CODE, Caller, Habit, text_of

FAR: Final = 0x0100_0000
"""How far beside the right one a wrong sequence_number is."""
BIND: Final = Command.BIND_TRANSCEIVER
SUBMIT: Final = Command.SUBMIT_SM
ENQUIRE: Final = Command.ENQUIRE_LINK


def nothing(_caller: Caller, _frame: Frame) -> None:
    """Leave it without an answer."""


def reset(caller: Caller, _: Frame) -> None:
    """End the connection with a TCP RST."""
    caller.reset()


def close(caller: Caller, _: Frame) -> None:
    """End the connection in order."""
    caller.close()


def writing(octets: bytes) -> Habit:
    """These octets."""
    return lambda caller, _: caller.write(octets)


def asking(command_id: int, body: bytes = b"") -> Habit:
    """Answer as usual, and ask this."""

    def habit(caller: Caller, frame: Frame) -> None:
        caller.serve(frame)
        caller.ask(command_id, body)

    return habit


def answering(status: int, body: bytes = b"") -> Habit:
    """With this command_status."""
    return lambda caller, frame: caller.send(frame.command_id | RESPONSE, frame.sequence, status, body)


def answering_as(command: Command, status: int = 0) -> Habit:
    """With the response of another command, or generic_nack."""
    return lambda caller, frame: caller.send(command, frame.sequence, status, b"1\0")


def header(length: int) -> bytes:
    """The beginning of a deliver_sm that announces this command_length."""
    return HEADER.pack(length, Command.DELIVER_SM, 0, 7)


def deliver_with_bind_resp(caller: Caller, frame: Frame) -> None:
    """A message in one segment with the bind_resp."""
    message = ShortMessage(PHONE, SHORT_CODE, short_message=b"early")
    caller.write(
        encode(Command.BIND_TRANSCEIVER_RESP, frame.sequence, 0, b"rogue\0")
        + encode(Command.DELIVER_SM, 77, 0, message.encode())
    )


def drip(caller: Caller, frame: Frame) -> None:
    """From now on every octet by itself."""
    caller.dripping = True
    caller.serve(frame)


def in_reverse(caller: Caller, _: Frame) -> None:
    """Three answers, last one first."""
    frames = caller.of(SUBMIT)
    if len(frames) == 3:
        for frame in reversed(frames):
            caller.serve(frame)


def enquire_first(caller: Caller, _: Frame) -> None:
    """An enquire_link; to be followed by `then_bind`."""
    caller.ask(ENQUIRE)


def then_bind(caller: Caller, _: Frame) -> None:
    """The bind_resp, after the answer to the enquire_link."""
    if len(caller.answers) == 1:
        caller.serve(caller.of(BIND)[0])


def deliver_first(caller: Caller, frame: Frame) -> None:
    """A message before the bind_resp."""
    caller.deliver("before the bind_resp")
    caller.serve(frame)


def twice(caller: Caller, frame: Frame) -> None:
    """The same answer again."""
    caller.serve(frame)
    caller.serve(frame)


def accept_and_refuse(caller: Caller, frame: Frame) -> None:
    """A bind_resp that accepts, and one that refuses."""
    caller.serve(frame)
    caller.send(Command.BIND_TRANSCEIVER_RESP, frame.sequence, ESME_RBINDFAIL)


def receipt(*tlvs: tuple[int, bytes]) -> Habit:
    """Accept, and tell what became of it in parameters only."""

    def habit(caller: Caller, frame: Frame) -> None:
        caller.serve(frame)
        if len(caller.of(SUBMIT)) == 1:
            caller.deliver("", tlvs, esm_class=4)

    return habit


def network_error(caller: Caller, frame: Frame) -> None:
    """A response with network_error_code, which the standard does not have there."""
    caller.send(Command.SUBMIT_SM_RESP, frame.sequence, 0, text_of(frame) + bytes.fromhex("00 0423 0003 030008"))


def unbind_first(caller: Caller, frame: Frame) -> None:
    """Unbind, and give the response that is owed after it."""
    caller.ask(Command.UNBIND)
    caller.serve(frame)


def stray(caller: Caller, frame: Frame) -> None:
    """A response to nothing before the right one."""
    caller.send(Command.SUBMIT_SM_RESP, (frame.sequence + FAR) & 0x7FFF_FFFF, 0, b"stray\0")
    caller.serve(frame)


def ignore_the_first(caller: Caller, frame: Frame) -> None:
    """The first one has no answer."""
    if len(caller.of(SUBMIT)) > 1:
        caller.serve(frame)


def stop_reading(caller: Caller, _: Frame) -> None:
    """Take nothing any more."""
    caller.stop_reading()


def third(habit: Habit) -> Habit:
    """At the third submission, those before are left without an answer."""
    return lambda caller, frame: habit(caller, frame) if len(caller.of(SUBMIT)) == 3 else None


def half_a_response(end: Habit) -> Habit:
    """A response that ends in the middle, and this after it."""

    def habit(caller: Caller, frame: Frame) -> None:
        caller.write(encode(Command.SUBMIT_SM_RESP, frame.sequence, 0, b"half of it\0")[:20])
        end(caller, frame)

    return habit


def delivering(body: bytes, times: int = 1) -> Habit:
    """Accept, and deliver this."""

    def habit(caller: Caller, frame: Frame) -> None:
        caller.serve(frame)
        for _ in range(times):
            caller.ask(Command.DELIVER_SM, body)

    return habit


def wrong_sequence(caller: Caller, frame: Frame) -> None:
    """The right response with a sequence_number that nobody used."""
    caller.send(frame.command_id | RESPONSE, (frame.sequence + FAR) & 0x7FFF_FFFF, 0, b"1\0")


def nack_nobody(caller: Caller, frame: Frame) -> None:
    """Answer, and send a generic_nack for nothing."""
    caller.serve(frame)
    caller.send(Command.GENERIC_NACK, 0, ESME_RINVCMDLEN)


def trickle(caller: Caller, _: Frame) -> None:
    """A PDU that takes a minute, octet by octet."""
    caller.dripping = True
    caller.write(header(60_000) + bytes(59_984))

"""Septets into octets without gaps and back (3GPP TS 23.038, 6.1.2).

SMPP counts octets, so seven bits that are left over cannot be told from an eighth `@`, which is all zeros. What
6.1.2.3.1 does about it is done here: such bits hold a carriage return.
"""

from __future__ import annotations

from typing import Final

from .gsm import CARRIAGE_RETURN

_BITS: Final = tuple(f"{septet:07b}" for septet in range(128))
_SEPTETS: Final = {bits: septet for septet, bits in enumerate(_BITS)}


def fill_bits(header_octets: int) -> int:
    """Bits between a header and the first septet, so that it begins where a septet would (23.040, 9.2.3.24): 0..6."""
    return -8 * header_octets % 7


def spare_bits(septets: int, fill: int = 0) -> int:
    """Bits of the last octet that so many septets leave over: 0..7."""
    return -(fill + 7 * septets) % 8


def pack(septets: bytes, fill: int = 0) -> bytes:
    """Octets that hold the septets after `fill` bits of 0. Seven spare bits hold a carriage return, fewer are 0."""
    if spare_bits(len(septets), fill) == 7:
        septets += bytes((CARRIAGE_RETURN,))
    bits = "".join([_BITS[septet] for septet in reversed(septets)]) + "0" * fill
    return int(bits or "0", 2).to_bytes((len(bits) + 7) // 8, "little")


def unpack(octets: bytes, fill: int = 0) -> bytes:
    """Septets after `fill` bits, one an octet. Never raises.

    A carriage return or `@` that ends at the very end of the last octet is dropped: it is padding of a sender that
    pads as 6.1.2.3.1 says, or with zeros. See `looks_padded` for what that means for a sender.
    """
    count = max(0, (8 * len(octets) - fill) // 7)
    bits = f"{int.from_bytes(octets, 'little') >> fill:0{7 * count}b}"
    end = len(bits)
    septets = bytes([_SEPTETS[bits[at - 7 : at]] for at in range(end, end - 7 * count, -7)])
    return septets[:-1] if looks_padded(septets, fill) else septets


def looks_padded(septets: bytes, fill: int = 0) -> bool:
    """Whether a receiver has to take the last septet for padding."""
    return septets[-1:] in (b"\0", b"\r") and not spare_bits(len(septets), fill)

"""Texts that people send us, out of a deliver_sm that is no receipt. Pure, and never raises on foreign bytes.

    source 821012345678, data_coding 8, C2 18 B7 7D 00 20 00 31 00 32         수락 12
    esm_class 0x40, 05 00 03 2A 02 01 ...                                     part 1 of 2 (header of 3GPP TS 23.040)
    sar_msg_ref_num, sar_total_segments, sar_segment_seqnum                   the same as optional parameters

An SMSC may bring a text again whose answer was lost, and gives it no name of its own. Its identity is therefore a digest of
the whole body; two people's texts, or a person's two different ones, never share it.
"""

from __future__ import annotations

import hashlib

from desk.texts.alphabets import Coding
from desk.texts.text_came import TextCame
from sms.smpp_pdu import Deliver

UDH_PRESENT = 0x40
SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER = 0x020C, 0x020E, 0x020F
_CONCATENATED_8, _CONCATENATED_16 = 0x00, 0x08
_INTERNATIONAL = 1
# 0: the SMSC's default alphabet. 1: ASCII. 14 and, with Korean networks, 0x84: KS C 5601, which CP949 holds.
_CODINGS: dict[int, Coding] = {0: "gsm7", 1: "cp949", 3: "latin1", 8: "ucs2", 14: "cp949", 0x84: "cp949"}


def read(deliver: Deliver, session: str) -> TextCame:
    """The text, or the part of one, in a deliver_sm. `session` names the link that brought it."""
    octets, joint = _without_header(deliver) if deliver.esm_class & UDH_PRESENT else (deliver.short_message, None)
    joint = joint or _sar(deliver)
    return TextCame(
        identity=hashlib.sha256(deliver.body).hexdigest()[:40],
        session=session,
        sender=_number(deliver.source, deliver.source_ton),
        recipient=_number(deliver.destination, 0),
        octets=octets,
        coding=coding_of(deliver.data_coding),
        reference=joint[0] if joint else None,
        total=joint[1] if joint else 1,
        number=joint[2] if joint else 1,
    )


def coding_of(data_coding: int) -> Coding:
    """The alphabet that `data_coding` names (SMPP 3.4, 5.2.19, and TS 23.038 for the message classes); binary is Latin-1."""
    if data_coding & 0xF0 == 0xF0:
        return "latin1" if data_coding & 0x04 else "gsm7"
    return _CODINGS.get(data_coding, "latin1")


def _without_header(deliver: Deliver) -> tuple[bytes, tuple[int, int, int] | None]:
    """The octets behind the header, and which part of which text they are. A header that is longer than all is none."""
    whole = deliver.short_message
    end = 1 + whole[0] if whole else 0
    if not whole or end > len(whole):
        return whole, None
    at, joint = 1, None
    while at + 2 <= end:
        element, length = whole[at], whole[at + 1]
        value = whole[at + 2 : min(at + 2 + length, end)]
        if element == _CONCATENATED_8 and len(value) == length == 3:
            joint = joint or _joint(value[0], value[1], value[2])
        elif element == _CONCATENATED_16 and len(value) == length == 4:
            joint = joint or _joint(value[0] << 8 | value[1], value[2], value[3])
        at += 2 + length
    return whole[end:], joint


def _sar(deliver: Deliver) -> tuple[int, int, int] | None:
    tlvs = deliver.tlvs
    if not {SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER} <= tlvs.keys():
        return None
    return _joint(*(int.from_bytes(tlvs[tag][:2], "big") for tag in (SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER)))


def _joint(reference: int, total: int, number: int) -> tuple[int, int, int] | None:
    """None where the numbers make no sense: the text is then whole by itself."""
    return (reference, total, number) if 1 < total <= 255 and 0 < number <= total else None


def _number(address: str, ton: int) -> str:
    """As told, with the plus of an international number; `desk.numbers` makes one spelling of it."""
    return f"+{address}" if ton == _INTERNATIONAL and address[:1] not in ("+", "") else address

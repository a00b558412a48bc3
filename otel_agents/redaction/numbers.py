"""Telephone and card numbers: which runs of digits are one, by how they are grouped and by their check digit."""

from __future__ import annotations

import re
from typing import Final

# What a number may look like as a whole: digits with at most two separators between two of them.
CANDIDATE: Final = re.compile(
    r"(?:(?<![0-9A-Za-z_.,:/$€£#=-])|(?<=\\[nrtbf])|(?<=[=:,/]))"
    r"(?:\+|\(\+?|00(?=[1-9]))?[0-9](?:[ ().+/-]{0,2}[0-9]){8,30}(?![0-9A-Za-z_])"
)
# "Tel." and its kin, right before a number, make one of what could be anything else.
_CUE: Final = re.compile(
    r"(?:\b(?:tel|t[eé]l[eé]ph\w{0,4}|telef\w{1,5}|phone|mobile|mobil|mobiltelefon|cell|handy|fax|whatsapp|call|ring|sms|"
    r"text|rufen|anrufen|appelez|ll[aá]m\w{1,6}|ligue|chiama\w{0,4}|telefoon|rückruf)|电话|手机|電話|携帯|전화|тел|☎|📞)"
    r"(?:[\s.:#\"'(]|is|me|us|at|on|no|number|nummer|numéro|número|numero|unter|au|al|:|：){0,12}$",
    re.IGNORECASE,
)
_CUE_REACH: Final = 40

# Country calling codes, ITU-T E.164; the ones that begin a longer one do not begin any other.
_COUNTRIES: Final = re.compile(
    r"(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1234568][0-9]|29[0-9]|3[578][0-9]|42[013]"
    r"|50[0-9]|59[0-9]|67[0-9]|68[0-9]|69[0-2]|85[0-9]|88[0-9]|96[0-8]|97[0-9]|99[2-8])"
)
_INTERNATIONAL: Final = re.compile(r"\(?(?:\+|00)[ ]?\(?[1-9]")
_NATIONAL: Final = re.compile(
    # North America: (415) 555-0132, 415-555-0132, 415.555.0132, 1-415-555-0132
    r"(?:1[ .-])?(?:\([2-9][0-9]{2}\)[ ]?|[2-9][0-9]{2}[.-])[2-9][0-9]{2}[ .-][0-9]{4}"
    # with the trunk's 0: 0170 1234567, 030/123456, 020 7946 0958, 01 23 45 67 89, 06-12345678
    r"|0[1-9](?:([ .-])[0-9]{2})(?:\1[0-9]{2}){3}"
    r"|\(?0[1-9][0-9]{0,4}(?:\)[ ]?|[ ]?/[ ]?|[ ]|-)[0-9]{3,8}(?:[ -][0-9]{2,5}){0,3}"
    # India, Spain, Brazil and others whose numbers have a shape of their own
    r"|[6-9][0-9]{4}[ ][0-9]{5}"
    r"|\([1-9][0-9]\)[ ]9?[0-9]{4}-[0-9]{4}"
)
_DATE: Final = re.compile(
    r"(?:19|20)[0-9]{2}[./-][01]?[0-9][./-][0-3]?[0-9]|[0-3]?[0-9][./-][01]?[0-9][./-](?:19|20)[0-9]{2}"
)

_HEX_DUMP: Final = re.compile(r" [0-9a-fA-F]{2}(?![0-9A-Za-z])")  # goes on after what looks like groups of two

# How cards are grouped, by how many digits there are.
_CARD_GROUPS: Final = {
    14: ((14,), (4, 6, 4)),
    15: ((15,), (4, 6, 5)),
    16: ((16,), (4, 4, 4, 4)),
    19: ((4, 4, 4, 4, 3),),  # in one piece it is far more often a time in nanoseconds, or an id
}
_CARDS: Final = re.compile(
    r"4(?:[0-9]{15}|[0-9]{18})"  # Visa
    r"|(?:5[1-5]|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12,14}"  # Mastercard
    r"|3[47][0-9]{13}"  # American Express
    r"|3(?:0[0-5]|[68][0-9])[0-9]{11}"  # Diners Club
    r"|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12,15}"  # Discover
    r"|35(?:2[89]|[3-8][0-9])[0-9]{12,15}"  # JCB
    r"|62[0-9]{14,17}"  # UnionPay
)
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def kind(text: str, start: int, end: int) -> str | None:
    """Say what the digits between two places of a text are: "card", "phone", or None."""
    found = text[start:end]
    digits = "".join(filter(str.isdigit, found))
    if is_card(found, digits):
        return "card"
    before, after = text[max(0, start - _CUE_REACH) : start], text[end : end + 4]
    if _HEX_DUMP.match(after) and found.count(" ") >= 4:
        return None
    return "phone" if is_phone(found, digits, before) else None


def is_card(found: str, digits: str) -> bool:
    """Say whether digits are a card's: its issuer's first ones, its length and grouping, its check digit (Luhn)."""
    groups = _CARD_GROUPS.get(len(digits))
    if groups is None or not found[0].isdigit() or _CARDS.fullmatch(digits) is None or not luhn(digits):
        return False
    parts = re.split("[ -]", found)
    return tuple(map(len, parts)) in groups and all(part.isdigit() for part in parts) and len(set(digits)) > 1


def luhn(digits: str) -> bool:
    """Say whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    values = [ord(each) - 48 for each in reversed(digits)]
    return (sum(values[::2]) + sum(_DOUBLED[each] for each in values[1::2])) % 10 == 0


def is_phone(found: str, digits: str, before: str) -> bool:
    """Say whether digits are a telephone number: international, of a national form, or announced as one."""
    if not 8 <= len(digits) <= 17 or found.count("(") != found.count(")"):
        return False
    if _INTERNATIONAL.match(found):
        number = digits.removeprefix("00")
        return 9 <= len(number) <= 15 and _COUNTRIES.match(number) is not None and ("+" in found or found != digits)
    if _DATE.search(found):
        return False
    part_of_more = before[-1:] == "=" or (before[-1:] in (":", ",", "/") and before[-2:-1].isdigit())
    if _NATIONAL.fullmatch(found) and 9 <= len(digits) <= 12 and not part_of_more:
        return True
    return len(digits) <= 13 and _CUE.search(before) is not None

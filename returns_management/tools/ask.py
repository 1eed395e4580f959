# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""What a customer types to send goods back: hostile until looked at. Strings in, strings and numbers out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Products that one form may ask for.
MAX_GOODS = 100
#: Characters of a text, and of anything else.
MAX_WORDS = 4000
MAX_VALUE = 64
MAX_LOTS = 500
#: Of a PostgreSQL integer.
MAX_ID = 2**31 - 1
#: No customer sends back more pieces; larger numbers cannot be rounded.
MAX_QUANTITY = 1e9


@dataclass(frozen=True)
class Wish:
    """What was typed about the goods of one order line, as it stood in the form.

    ``texts``: by the fields' names. ``lots``: ids of lots and serials that were ticked.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    lots: tuple[int, ...] = ()

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, '')


#: Fields of a :class:`Wish`; each is named after its order line, as in ``quantity_42``.
FIELDS = ('quantity', 'reason', 'answer', 'resolution', 'exchange', 'condition')


@dataclass(frozen=True)
class Asked:
    """A whole form. ``wishes``: {id of an order line: what is wished for it}, in their order; ``strange``: something
    else than the form's own was sent.
    """

    wishes: Mapping[int, Wish] = field(default_factory=dict)
    note: str = ''
    key: str = ''
    strange: bool = False


def read_form(form: Any) -> Asked:
    """:param form: a werkzeug ``MultiDict``, or what has its ``get`` and ``getlist``"""
    wishes, strange = {}, False
    for value in form.getlist('pick'):
        number = read_id(value)
        if not number or len(wishes) >= MAX_GOODS:
            strange = True
            continue
        lots = [read_id(lot) for lot in form.getlist(f'lots_{number}')[: MAX_LOTS + 1]]
        strange |= not all(lots) or len(lots) > MAX_LOTS
        wishes[number] = Wish(
            {name: read_text(form.get(f'{name}_{number}', ''), MAX_WORDS + 1 if name == 'answer' else MAX_VALUE)
             for name in FIELDS},
            tuple(dict.fromkeys(lot for lot in lots if lot)))
    return Asked(wishes, read_text(form.get('note', ''), MAX_WORDS + 1), read_key(form.get('key', '')), strange)


def read_text(value: Any, most: int) -> str:
    """:return: a text without what no database takes, line ends as people mean them; one that is too long is cut"""
    if not isinstance(value, str):
        return ''
    return value.replace('\0', '').replace('\r\n', '\n').encode(errors='ignore').decode().strip()[:most]


def read_id(value: Any) -> int:
    """:return: the id that ``value`` names, 0 if none"""
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(MAX_ID))):
        return 0
    return int(value) if int(value) <= MAX_ID else 0


def read_quantity(value: str) -> float:
    """:return: the number of pieces that ``value`` says, with a point or a comma; 0 if none"""
    text = value.replace(',', '.').replace(' ', '')
    if not (text.isascii() and text.replace('.', '', 1).isdigit()):
        return 0.0
    number = float(text)
    return number if number <= MAX_QUANTITY else MAX_QUANTITY


def read_key(value: Any) -> str:
    """:return: what makes one form one request, empty if it is none of ours"""
    is_key = isinstance(value, str) and len(value) == 32 and all(letter in '0123456789abcdef' for letter in value)
    return value if is_key else ''

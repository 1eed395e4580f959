# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""How unusual a return is for its customer: points for facts, each said in words. Nobody is refused by it.

Small numbers say nothing: who bought once and sends one thing back is no fraudster. What we, a supplier or the carrier
are responsible for never counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

MAXIMUM = 100

#: Of less than this, a share says nothing.
MIN_DELIVERED = 10
MIN_RETURNED = 3
#: (from this share of the pieces delivered, points), the highest first.
SHARES = ((Decimal('0.5'), 40), (Decimal('0.3'), 25), (Decimal('0.15'), 10))

FIRST_ORDER = 10
#: With at least so many other orders, this return is worth so many times their mean.
MIN_ORDERS, UNUSUAL, UNUSUAL_AMOUNT = 3, 3, 15

#: Points for each case, and for all of them together.
REFUSED = (10, 30)
UNSENT = (5, 15)
PAID_UNSENT = (25, 50)
OTHER_GOODS = (20, 40)
STRANGE_LOTS = (30, 60)


@dataclass(frozen=True)
class Facts:
    """About one customer at the moment of submission; of the last twelve months, this return left out.

    ``delivered``, ``returned``: pieces; returned are those that the customer is responsible for.
    ``orders``: orders confirmed, those of this return left out; ``usual``: their mean, in the company's currency.
    ``amount``: what is asked for, in the company's currency.
    ``refused``: returns that were rejected, or whose refusal was disputed.
    ``unsent``: returns of which approved goods never came; ``paid_unsent``: those paid in advance nevertheless.
    ``other_goods``: cases of another product or serial number in the parcel.
    ``strange_lots``: lots or serial numbers of this return that never went to the customer.
    """

    delivered: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    orders: int = 0
    usual: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    refused: int = 0
    unsent: int = 0
    paid_unsent: int = 0
    other_goods: int = 0
    strange_lots: int = 0


@dataclass(frozen=True)
class Risk:
    """``score`` from 0 to 100; ``reasons``: (points, why in words)."""

    score: int
    reasons: tuple[tuple[int, str], ...]


def assess(
    facts: Facts,
    translate: Callable[..., str] = lambda text, **values: text % values,
    show_amount: Callable[[Decimal], str] = str,
) -> Risk:
    """Score a return. The reasons' points add up to the score, unless that would be more than 100."""
    _ = translate
    reasons = []
    if facts.delivered >= MIN_DELIVERED and facts.returned >= MIN_RETURNED:
        share = facts.returned / facts.delivered
        points = next((points for least, points in SHARES if share >= least), 0)
        reasons.append((points, _(
            "sent back %(returned)s of %(delivered)s pieces of the last twelve months (%(share)s %%)",
            returned=f"{float(facts.returned):.10g}", delivered=f"{float(facts.delivered):.10g}",
            share=f"{share * 100:.0f}")))
    if not facts.orders:
        reasons.append((FIRST_ORDER, _("first order of the last twelve months")))
    elif facts.orders >= MIN_ORDERS and facts.usual > 0 and facts.amount >= UNUSUAL * facts.usual:
        reasons.append((UNUSUAL_AMOUNT, _(
            "%(amount)s asked for, where orders are %(usual)s on average",
            amount=show_amount(facts.amount), usual=show_amount(facts.usual))))
    for number, (each, most), text in (
            (facts.refused, REFUSED, _("returns refused or disputed in the last twelve months: %(number)s",
                                       number=facts.refused)),
            (facts.unsent, UNSENT, _("returns approved and never sent: %(number)s", number=facts.unsent)),
            (facts.paid_unsent, PAID_UNSENT, _("returns paid in advance and never sent: %(number)s",
                                               number=facts.paid_unsent)),
            (facts.other_goods, OTHER_GOODS, _("another product or serial number in the parcel: %(number)s times",
                                               number=facts.other_goods)),
            (facts.strange_lots, STRANGE_LOTS, _("lots or serial numbers that never went to this customer: %(number)s",
                                                 number=facts.strange_lots))):
        reasons.append((min(number * each, most), text))
    reasons = tuple((points, text) for points, text in reasons if points)
    return Risk(min(sum(points for points, _text in reasons), MAXIMUM), reasons)

# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import purchase_order_line
from . import returns_vendor_reason
from . import returns_vendor_claim
from . import returns_vendor_claim_line
from . import returns_vendor_claim_paper
from . import returns_vendor_credit
from . import account_move
from . import returns_inspection
from . import returns_follow_up
from . import returns_request
from . import returns_step
from . import returns_time_limit
from . import stock_move
from . import stock_picking

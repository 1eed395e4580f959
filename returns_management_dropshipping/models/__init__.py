# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import returns_inspection
from . import returns_policy_rule
from . import returns_request_line
from . import returns_vendor_claim_line
from . import stock_move

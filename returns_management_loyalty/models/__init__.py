# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import account_move
from . import account_move_line
from . import loyalty_history
from . import res_company
from . import res_config_settings
from . import returns_mismatch
from . import returns_payout
from . import returns_payout_credit
from . import returns_request
from . import returns_request_line
from . import returns_settlement
from . import sale_order

# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import returns_settlement
from . import returns_settlement_claim
from . import returns_settlement_delivery
from . import returns_request_line
from . import returns_request_line_price
from . import returns_settlement_price
from . import returns_request_gift
from . import returns_request_freight
from . import returns_request
from . import returns_payout
from . import returns_payout_ways
from . import returns_payout_follow
from . import returns_request_payout
from . import account_move
from . import account_move_line
from . import account_move_payout
from . import returns_payout_online
from . import ir_attachment
from . import returns_request_line_exchange
from . import sale_order
from . import sale_order_line
from . import stock_move
from . import stock_rule
from . import res_company
from . import res_config_settings

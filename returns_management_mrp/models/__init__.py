# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import returns_inspection
from . import returns_kit_component
from . import returns_request
from . import returns_request_line
from . import returns_settlement
from . import sale_order
from . import sale_order_line
from . import stock_move

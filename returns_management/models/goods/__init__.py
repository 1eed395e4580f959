# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import returns_balance
from . import returns_disposition
from . import returns_root_cause
from . import returns_inspection
from . import returns_inspection_disposal
from . import returns_inspection_approval
from . import returns_discrepancy
from . import returns_request_line
from . import returns_step
from . import returns_request
from . import returns_request_ship_by
from . import returns_request_way_back
from . import sale_order_line
from . import stock_location
from . import stock_move
from . import stock_move_line
from . import stock_picking
from . import stock_return_picking
from . import stock_warehouse

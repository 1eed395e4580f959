# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import product_product
from . import repair_order
from . import repair_order_unrepairable
from . import returns_balance
from . import returns_inspection
from . import returns_inspection_unrepaired
from . import returns_mail
from . import returns_policy_rule
from . import returns_policy_try
from . import returns_report
from . import returns_request
from . import returns_request_unrepaired
from . import returns_request_line
from . import returns_request_line_unrepaired
from . import returns_time_limit
from . import stock_move

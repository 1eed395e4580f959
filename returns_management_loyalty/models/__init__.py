# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import account_move_line
from . import loyalty_history
from . import returns_settlement
from . import sale_order

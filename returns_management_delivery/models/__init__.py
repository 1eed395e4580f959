# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import delivery_carrier
from . import returns_follow_up
from . import returns_request
from . import returns_request_label
from . import returns_request_pickup
from . import stock_picking

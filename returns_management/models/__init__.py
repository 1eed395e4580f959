# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import returns_guard
from . import ir_default
from . import returns_request
from . import returns_request_line
from . import returns_follow_up
from . import returns_request_gift
from . import sale_order
from . import rights
from . import goods
from . import money
from . import voice
from . import sight

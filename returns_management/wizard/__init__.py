# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import returns_dialog
from . import returns_decide
from . import returns_decide_line
from . import returns_decide_point
from . import returns_choose_delivery
from . import returns_close_kept
from . import returns_close_short
from . import returns_dispute
from . import returns_override
from . import returns_pause_wizard
from . import returns_policy_replay
from . import returns_policy_try
from . import returns_price
from . import returns_propose
from . import returns_propose_line
from . import returns_release_lot
from . import returns_way_back
